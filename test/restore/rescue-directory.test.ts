import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { openRescue } from '../../src/restore/rescue/rescue.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import { interpose } from '../../src/sys/seam.js';
import type { AufsUnion } from '../../src/union/union.js';

const home = mkdtempSync(join(tmpdir(), 'plinkctl-rescue-'));
afterEach(() => {
  interpose(undefined);
  rmSync(home, { recursive: true });
});

test('a new rescue directory is durable before anything can be moved there', () => {
  const upper = join(home, 'upper');
  mkdirSync(upper);
  writeFileSync(join(upper, 'file'), 'x');
  const union: AufsUnion = {
    format: 'aufs',
    branches: [{ path: bytesFromText(upper), role: 'upper', whiteouts: true }],
    mounted: undefined,
  };
  const calls: string[] = [];
  interpose(({ name }, proceed) => {
    calls.push(name);
    return proceed();
  });
  const directory = join(home, 'new/rescue');
  openRescue(bytesFromText(directory), union).close();
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(calls.filter((name) => name === 'syncfs')).toHaveLength(1);
  expect(calls).not.toContain('renameat2');
});
