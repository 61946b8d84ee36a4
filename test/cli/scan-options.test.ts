import { expect, test } from '@jest/globals';
import type { Context } from '../../src/cli/context.js';
import { scanOptions } from '../../src/cli/scan-options.js';
import { GroupHints } from '../../src/scan/hints/group-hints.js';

const late = (context: Partial<Context>): boolean =>
  scanOptions(context as Context).hints?.some((source) => source.late !== undefined) === true;

test('devices are read unless that is forbidden', () => {
  expect(late({})).toBe(true);
  expect(late({ device: true })).toBe(true);
  expect(late({ device: false })).toBe(false);
});

test('what is remembered of lowers is asked last', () => {
  const groups = new GroupHints();
  expect(scanOptions({ groups } as Context).hints?.at(-1)).toBe(groups);
});
