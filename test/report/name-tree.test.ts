import { describe, expect, test } from '@jest/globals';
import { countReport } from '../../src/report/count-report.js';
import { nameTree } from '../../src/report/name-tree.js';
import { scanReport } from '../../src/report/scan-report.js';
import { several } from '../../src/report/several.js';
import { b, entry, page, printed, scanResult } from './samples.js';

const two = [entry(), entry({ names: [b('d/e/\x1b[31m')], missing: [], atRisk: true, state: 'damaged' })];

describe('nameTree', () => {
  test('names stand in their directories, names of one file have one number', () => {
    expect(printed(nameTree(two, page))).toMatchInlineSnapshot(`
"
├─ ✓ a  #1 restorable 12 KiB
├─ − b  #1 restorable 12 KiB
└─ d/
   ├─ − c  #1 restorable 12 KiB
   └─ e/
      └─ ✓ \\x1b[31m  #2 damaged 12 KiB AT RISK"
`);
  });

  test('entries without a name stand behind', () => {
    const text = printed(nameTree([entry({ name: b('odd'), names: [], missing: [], state: 'junk' })], page));
    expect(text).toContain('odd  file of 12 KiB  junk');
    expect(nameTree([], page)).toEqual([]);
  });
});

test('list tells how many of all entries are shown', () => {
  const told = (of: number, entries = two) =>
    printed(scanReport('list', scanResult({ entries }), 1, { tree: true, of }).text(page));
  expect(told(7)).toContain('2 entries of 7: 1 restorable, 1 damaged.');
  expect(told(2)).toContain('2 entries: 1 restorable');
  expect(told(7, [])).toContain('None of 7 entries.');
});

test('countReport is a number alone, with --all beside its union', () => {
  const report = scanReport('list', scanResult({ entries: two }), 1);
  expect(printed(countReport(report, false).text(page), false)).toBe('2');
  expect(printed(countReport(several([report, report], 0), true).text(page))).toBe('2\t/u\n2\t/u');
});
