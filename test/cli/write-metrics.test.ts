import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeMetrics } from '../../src/cli/write-metrics.js';
import { bytesFromText } from '../../src/sys/bytes.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'plinkctl-metrics-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const document = { schema: 'plinkctl/1', command: 'list', exitCode: 0, summary: { entries: 0, seconds: 1 } };

test('a link that somebody has put where the number of the process tells is not followed', () => {
  const [collected, victim] = [join(home, 'collected'), join(home, 'victim')];
  mkdirSync(collected);
  writeFileSync(victim, 'mine');
  const file = join(collected, 'plinkctl.prom');
  symlinkSync(victim, `${file}.${process.pid}`);
  symlinkSync(victim, file);
  writeMetrics(bytesFromText(file), document);
  expect(readFileSync(victim, 'utf8')).toBe('mine');
  expect(readFileSync(file, 'utf8')).toContain('plinkctl_');
  expect(statSync(file).mode & 0o777).toBe(0o644);
  expect(readdirSync(collected).sort()).toEqual(['plinkctl.prom', `plinkctl.prom.${process.pid}`]);
});
