import { describe, expect, test } from '@jest/globals';
import { document } from '../../src/cli/run-command.js';
import { failureReport } from '../../src/report/failure-report.js';
import { metricsText } from '../../src/report/metrics.js';
import type { Report } from '../../src/report/report.js';
import { scanReport } from '../../src/report/scan-report.js';
import { several } from '../../src/report/several.js';
import { b, entry, overlayUnion, scanResult } from './samples.js';

const odd = {
  ...overlayUnion,
  branches: [{ path: b('/"q"\\x'), role: 'upper', whiteouts: true } as const],
};
const scan = scanResult({ entries: [entry(), entry({ state: 'complete', missing: [] }), entry()] });

describe('metrics', () => {
  test('one union', () => {
    const text = metricsText(document('list', scanReport('list', scan, 0.25)), 1000, '');
    expect(text).toMatchInlineSnapshot(`
"# HELP plinkctl_exit_code Exit code of the last run.
# TYPE plinkctl_exit_code gauge
plinkctl_exit_code{command="list"} 0
# HELP plinkctl_last_run_timestamp_seconds When the last run ended.
# TYPE plinkctl_last_run_timestamp_seconds gauge
plinkctl_last_run_timestamp_seconds{command="list"} 1000
# HELP plinkctl_last_success_timestamp_seconds When a run last ended with 0.
# TYPE plinkctl_last_success_timestamp_seconds gauge
plinkctl_last_success_timestamp_seconds{command="list"} 1000
# HELP plinkctl_unions_failed Unions that the last run could not look at.
# TYPE plinkctl_unions_failed gauge
plinkctl_unions_failed{command="list"} 0
# HELP plinkctl_union_exit_code Exit code of the last run for one union.
# TYPE plinkctl_union_exit_code gauge
plinkctl_union_exit_code{command="list",upper="/u"} 0
# HELP plinkctl_union_last_success_timestamp_seconds When a run last ended with 0 for one union.
# TYPE plinkctl_union_last_success_timestamp_seconds gauge
plinkctl_union_last_success_timestamp_seconds{command="list",upper="/u"} 1000
# HELP plinkctl_entries Index entries by state, before the run.
# TYPE plinkctl_entries gauge
plinkctl_entries{command="list",upper="/u",state="restorable"} 2
plinkctl_entries{command="list",upper="/u",state="complete"} 1
plinkctl_entries{command="list",upper="/u",state="orphan"} 0
plinkctl_entries{command="list",upper="/u",state="stale"} 0
plinkctl_entries{command="list",upper="/u",state="foreign"} 0
plinkctl_entries{command="list",upper="/u",state="damaged"} 0
plinkctl_entries{command="list",upper="/u",state="ambiguous"} 0
plinkctl_entries{command="list",upper="/u",state="temporary"} 0
plinkctl_entries{command="list",upper="/u",state="junk"} 0
plinkctl_entries{command="list",upper="/u",state="whiteout"} 0
plinkctl_entries{command="list",upper="/u",state="directory"} 0
# HELP plinkctl_entries_at_risk Index entries with the only copy of data that the next mount or another tool would destroy, before the run.
# TYPE plinkctl_entries_at_risk gauge
plinkctl_entries_at_risk{command="list",upper="/u"} 0
# HELP plinkctl_findings Findings by severity.
# TYPE plinkctl_findings gauge
plinkctl_findings{command="list",upper="/u",severity="danger"} 0
plinkctl_findings{command="list",upper="/u",severity="error"} 0
plinkctl_findings{command="list",upper="/u",severity="warning"} 0
plinkctl_findings{command="list",upper="/u",severity="note"} 0
# HELP plinkctl_unreadable_directories Directories that could not be looked into.
# TYPE plinkctl_unreadable_directories gauge
plinkctl_unreadable_directories{command="list",upper="/u"} 0
# HELP plinkctl_links_missing Names that are still to be linked.
# TYPE plinkctl_links_missing gauge
plinkctl_links_missing{command="list",upper="/u"} 4
# HELP plinkctl_links_restored Names linked by the last run.
# TYPE plinkctl_links_restored gauge
plinkctl_links_restored{command="list",upper="/u"} 0
# HELP plinkctl_entries_removed Index entries removed by the last run.
# TYPE plinkctl_entries_removed gauge
plinkctl_entries_removed{command="list",upper="/u"} 0
# HELP plinkctl_entries_kept Index entries that need attention.
# TYPE plinkctl_entries_kept gauge
plinkctl_entries_kept{command="list",upper="/u"} 0
# HELP plinkctl_freed_bytes Bytes freed by the last run.
# TYPE plinkctl_freed_bytes gauge
plinkctl_freed_bytes{command="list",upper="/u"} 0
# HELP plinkctl_duration_seconds How long the last run took.
# TYPE plinkctl_duration_seconds gauge
plinkctl_duration_seconds{command="list",upper="/u"} 0.25
"
`);
  });

  test('a dry run has done nothing, and is no success', () => {
    const summary = {
      entries: 3,
      linksMissing: 1,
      linksRestored: 2,
      entriesRemoved: 1,
      entriesKept: 0,
      bytesFreed: '1024',
      seconds: 1,
    };
    const report: Report = {
      exitCode: 0,
      text: () => [],
      json: () => ({ dryRun: true, target: { upper: '/u' }, summary }),
    };
    const before =
      'plinkctl_last_success_timestamp_seconds{command="flush"} 500\nplinkctl_union_last_success_timestamp_seconds{command="flush",upper="/u"} 400\n';
    for (const each of [report, several([report, report], 0, true)]) {
      const text = metricsText(document('flush', each), 1000, before);
      const lines = text.split('\n').filter((line) => !line.startsWith('#'));
      expect(lines).toEqual(
        expect.arrayContaining([
          'plinkctl_last_run_timestamp_seconds{command="flush"} 1000',
          'plinkctl_last_success_timestamp_seconds{command="flush"} 500',
          'plinkctl_union_last_success_timestamp_seconds{command="flush",upper="/u"} 400',
          'plinkctl_links_missing{command="flush",upper="/u"} 3',
          'plinkctl_links_restored{command="flush",upper="/u"} 0',
          'plinkctl_entries_removed{command="flush",upper="/u"} 0',
          'plinkctl_freed_bytes{command="flush",upper="/u"} 0',
        ]),
      );
      expect(metricsText(document('flush', each), 1000, '')).not.toContain('success');
    }
  });

  test('several unions, one of them with an odd name', () => {
    const reports = [scanReport('check', scan, 1), scanReport('check', scanResult({ union: odd }), 1)];
    const text = metricsText(document('check', several(reports, 4)), 1000, '');
    expect(text).toContain('plinkctl_exit_code{command="check"} 4\n');
    expect(text).toContain('plinkctl_links_missing{command="check",upper="/u"} 4\n');
    expect(text).toContain('plinkctl_links_missing{command="check",upper="/\\"q\\"\\\\x"} 2\n');
    expect(text).not.toContain('plinkctl_last_success');
  });

  test('every line is a comment or a sample, each metric once', () => {
    const lines = metricsText(document('list', scanReport('list', scan, 1)), 1, '')
      .trimEnd()
      .split('\n');
    const sample = /^[a-z_]+\{[a-z]+="(?:[^"\\]|\\.)*"(,[a-z]+="(?:[^"\\]|\\.)*")*\} -?[\d.]+$/;
    for (const line of lines) expect(line).toMatch(line.startsWith('#') ? /^# (HELP|TYPE) \w+ / : sample);
    const types = lines.filter((line) => line.startsWith('# TYPE'));
    expect(new Set(types).size).toBe(types.length);
  });

  test('the time of the last success stays until the next', () => {
    const run = (exitCode: number, now: number, previous: string): string =>
      metricsText({ ...document('check', scanReport('check', scan, 1)), exitCode }, now, previous);
    const success = (text: string): string[] => text.match(/^plinkctl_.*last_success.* \d+$/gm) ?? [];
    const first = run(0, 5, '');
    expect(success(first)).toEqual([
      'plinkctl_last_success_timestamp_seconds{command="check"} 5',
      'plinkctl_union_last_success_timestamp_seconds{command="check",upper="/u"} 5',
    ]);
    const second = run(4, 6, first);
    expect(success(second)).toEqual(success(first));
    expect(success(run(8, 7, second))).toEqual(success(first));
    expect(success(run(0, 8, second))).toHaveLength(2);
    expect(success(run(4, 6, ''))).toEqual([]);
    expect(success(run(4, 6, 'plinkctl_last_success_timestamp_seconds{command="check"} x'))).toEqual([]);
  });

  test('a union that could not be looked at is counted', () => {
    const failure = failureReport({ exitCode: 8, code: 'EIO', message: 'm' });
    const text = metricsText(document('list', several([scanReport('list', scan, 1), failure], 8)), 1, '');
    expect(text).toContain('plinkctl_unions_failed{command="list"} 1\n');
    expect(text).toContain('plinkctl_union_exit_code{command="list",upper="/u"} 0\n');
  });

  test('entries at risk, findings and unreadable directories are counted', () => {
    const bad = scanResult({
      entries: [entry({ atRisk: true }), entry()],
      findings: [{ code: 'c', severity: 'danger', path: b('p'), message: 'm', remedy: 'r', safe: false }],
      unreadable: [{ path: b('x'), branch: 1, code: 'EACCES' }],
    });
    const text = metricsText(document('check', scanReport('check', bad, 1)), 1, '');
    expect(text).toContain('plinkctl_entries_at_risk{command="check",upper="/u"} 1\n');
    expect(text).toContain('plinkctl_findings{command="check",upper="/u",severity="danger"} 1\n');
    expect(text).toContain('plinkctl_findings{command="check",upper="/u",severity="error"} 0\n');
    expect(text).toContain('plinkctl_unreadable_directories{command="check",upper="/u"} 1\n');
  });
});
