import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { withScratchDirectory } from '../../src/lock/scratch-directory.js';

const made: string[] = [];
const probe = (...inside: string[]): string => {
  const base = mkdtempSync('/dev/shm/plinkctl-probe-');
  made.push(base);
  for (const name of inside) mkdirSync(join(base, name));
  return base;
};
afterEach(() => {
  jest.useRealTimers();
  for (const base of made.splice(0)) rmSync(base, { recursive: true, force: true });
});

test('what a killed process left an hour ago goes, what is new or holds data stays', () => {
  const [forgotten, half, full] = [probe('lower', 'work', 'target'), probe('lower'), probe('lower')];
  writeFileSync(join(full, 'lower/data'), 'mine');
  utimesSync(forgotten, 0, 0);
  expect(withScratchDirectory(({ lower }) => existsSync(lower))).toBe(true);
  // A user may set times, but not the change time: it is what counts.
  expect([forgotten, half, full].map((base) => existsSync(base))).toEqual([true, true, true]);
  jest.useFakeTimers({ now: Date.now() + 3_700_000 });
  expect(withScratchDirectory(({ lower }) => existsSync(lower))).toBe(true);
  expect([forgotten, half, full].map((base) => existsSync(base))).toEqual([false, false, true]);
  expect(existsSync(join(full, 'lower/data'))).toBe(true);
});
