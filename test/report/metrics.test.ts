import { describe, expect, test } from '@jest/globals';
import { document } from '../../src/cli/run-command.js';
import { lastSuccessIn, metricsText } from '../../src/report/metrics.js';
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
    const text = metricsText(document('list', scanReport('list', scan, 0.25)), 1000, 900);
    expect(text).toMatchInlineSnapshot(`
"# HELP plinkctl_exit_code Exit code of the last run.
# TYPE plinkctl_exit_code gauge
plinkctl_exit_code{command="list"} 0
# HELP plinkctl_last_run_timestamp_seconds When the last run ended.
# TYPE plinkctl_last_run_timestamp_seconds gauge
plinkctl_last_run_timestamp_seconds{command="list"} 1000
# HELP plinkctl_last_success_timestamp_seconds When a run last ended with 0.
# TYPE plinkctl_last_success_timestamp_seconds gauge
plinkctl_last_success_timestamp_seconds{command="list"} 900
# HELP plinkctl_entries Index entries by state, before the run.
# TYPE plinkctl_entries gauge
plinkctl_entries{command="list",upper="/u",state="restorable"} 2
plinkctl_entries{command="list",upper="/u",state="complete"} 1
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

  test('several unions, one of them with an odd name', () => {
    const reports = [scanReport('check', scan, 1), scanReport('check', scanResult({ union: odd }), 1)];
    const text = metricsText(document('check', several(reports, 4)), 1000, undefined);
    expect(text).toContain('plinkctl_exit_code{command="check"} 4\n');
    expect(text).toContain('plinkctl_links_missing{command="check",upper="/u"} 4\n');
    expect(text).toContain('plinkctl_links_missing{command="check",upper="/\\"q\\"\\\\x"} 2\n');
    expect(text).not.toContain('last_success');
  });

  test('every line is a comment or a sample, each metric once', () => {
    const lines = metricsText(document('list', scanReport('list', scan, 1)), 1, 1)
      .trimEnd()
      .split('\n');
    const sample = /^[a-z_]+\{[a-z]+="(?:[^"\\]|\\.)*"(,[a-z]+="(?:[^"\\]|\\.)*")*\} -?[\d.]+$/;
    for (const line of lines) expect(line).toMatch(line.startsWith('#') ? /^# (HELP|TYPE) \w+ / : sample);
    const types = lines.filter((line) => line.startsWith('# TYPE'));
    expect(new Set(types).size).toBe(types.length);
  });

  test('the time of the last success is found again', () => {
    expect(lastSuccessIn(metricsText(document('list', scanReport('list', scan, 1)), 5, 123))).toBe(123);
    expect(lastSuccessIn('nonsense')).toBeUndefined();
  });
});
