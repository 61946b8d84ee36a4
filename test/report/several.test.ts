import { describe, expect, test } from '@jest/globals';

import type { Report } from '../../src/report/report.js';
import { scanReport } from '../../src/report/scan-report.js';
import { several } from '../../src/report/several.js';

import type { Finding } from '../../src/scan/result.js';
import { aufsUnion, b, page, printed, scanResult } from './samples.js';

const finding: Finding = {
  code: 'some-finding',
  severity: 'error',
  path: b('d'),
  message: 'something is wrong',
  remedy: '',
  safe: false,
};
const broken = scanReport('check', scanResult({ union: aufsUnion, findings: [finding] }), 1);
const sound = scanReport('check', scanResult({ entries: [] }), 1);

describe('several', () => {
  test('what is found is told with its union, and at the priority of it, to whom --quiet leaves only that', () => {
    const lines = several([sound, broken], 4).text({ ...page, verbosity: 'quiet' });
    expect(printed(lines, true).trimStart()).toBe(
      [
        'aufs, not mounted',
        'upper /u over /l',
        '',
        'The union does not work right',
        '  • d: something is wrong [some-finding]',
        '! 2 unions; 1 of them not done or with something left.',
      ].join('\n'),
    );
    expect(lines.filter(({ ofUnion }) => ofUnion).map(({ level }) => level)).toEqual([
      'info',
      'info',
      'error',
      'error',
    ]);
  });
  test('a dry run says what would be', () => {
    const summary = { linksRestored: 2, entriesRemoved: 1, bytesFreed: '1024' };
    const report: Report = { exitCode: 0, text: () => [], json: () => ({ dryRun: true, summary }) };
    const dry = several([report, report], 0, true);
    expect(printed(dry.text(page)).split('\n').at(-1)).toBe(
      '✓ 2 unions, 4 names would be put back, 2 entries would be removed, 2.0 KiB would be freed. Nothing was changed.',
    );
    expect(dry.json()).toMatchObject({ dryRun: true, targets: [{ dryRun: true }, { dryRun: true }] });
    expect(several([report], 0).json()).toMatchObject({ dryRun: false });
  });

  test('a dry run with something that would be left', () => {
    expect(several([sound, broken], 4, true).text(page).at(-1)?.text).toBe(
      '! 2 unions; 1 of them would not be done, or with something left. Nothing was changed.',
    );
  });
});
