import { entryStates } from '../scan/entry-state.js';
import type { Severity } from '../scan/result.js';
import type { Json, JsonObject } from '../words/json.js';
import type { Summary } from './summary.js';

type Labels = Readonly<Record<string, string>>;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: Labels; readonly value: number }[];
}

/**
 * The result of a run as Prometheus text, for node_exporter's textfile collector. Every gauge carries the
 * command; those of a union carry its upper directory too, and every state and severity is there even with 0, so
 * that an alert never waits for a series. A dry run has done nothing and is no success, whatever its document says
 * that the run would do.
 *
 * @param document - what `--json` would have printed
 * @param now - seconds since 1970
 * @param previous - what this function gave for the run before; '' if there was none
 */
export function metricsText(document: JsonObject, now: number, previous: string): string {
  const command = String(document.command);
  const targets = isList(document.targets) ? document.targets.filter(isObject) : [document];
  const unions = targets.filter(({ target }) => isObject(target)).map(undone);
  const gauge = (name: string, help: string, value: number): Metric => ({
    name,
    help,
    samples: [{ labels: { command }, value }],
  });
  const perUnion = (name: string, help: string, measure: (union: JsonObject) => number): Metric => ({
    name,
    help,
    samples: unions.map((union) => ({ labels: { command, upper: upperOf(union) }, value: measure(union) })),
  });
  const perKind = (
    name: string,
    help: string,
    label: string,
    kinds: readonly string[],
    field: string,
  ): Metric => ({
    name,
    help,
    samples: unions.flatMap((union) => {
      const found = objects(union[field]).map((each) => each[label]);
      return kinds.map((kind) => ({
        labels: { command, upper: upperOf(union), [label]: kind },
        value: found.filter((each) => each === kind).length,
      }));
    }),
  });
  const metrics: Metric[] = [
    gauge('plinkctl_exit_code', 'Exit code of the last run.', Number(document.exitCode)),
    gauge('plinkctl_last_run_timestamp_seconds', 'When the last run ended.', now),
    lastSuccess('plinkctl_last_success_timestamp_seconds', 'When a run last ended with 0.', [
      { labels: { command }, success: succeeded(document) },
    ]),
    gauge(
      'plinkctl_unions_failed',
      'Unions that the last run could not look at.',
      targets.filter(({ error, target }) => isObject(error) && !isObject(target)).length,
    ),
    perUnion('plinkctl_union_exit_code', 'Exit code of the last run for one union.', ({ exitCode }) =>
      Number(exitCode),
    ),
    lastSuccess(
      'plinkctl_union_last_success_timestamp_seconds',
      'When a run last ended with 0 for one union.',
      unions.map((union) => ({ labels: { command, upper: upperOf(union) }, success: succeeded(union) })),
    ),
    perKind('plinkctl_entries', 'Index entries by state, before the run.', 'state', entryStates, 'entries'),
    perUnion(
      'plinkctl_entries_at_risk',
      'Index entries with the only copy of data that the next mount or another tool would destroy, before the run.',
      ({ entries }) => objects(entries).filter(({ atRisk }) => atRisk === true).length,
    ),
    perKind('plinkctl_findings', 'Findings by severity.', 'severity', severities, 'findings'),
    perUnion(
      'plinkctl_unreadable_directories',
      'Directories that could not be looked into.',
      ({ unreadable }) => objects(unreadable).length,
    ),
    perUnion('plinkctl_links_missing', 'Names that are still to be linked.', summed('linksMissing')),
    perUnion('plinkctl_links_restored', 'Names linked by the last run.', summed('linksRestored')),
    perUnion('plinkctl_entries_removed', 'Index entries removed by the last run.', summed('entriesRemoved')),
    perUnion('plinkctl_entries_kept', 'Index entries that need attention.', summed('entriesKept')),
    perUnion('plinkctl_freed_bytes', 'Bytes freed by the last run.', summed('bytesFreed')),
    perUnion('plinkctl_duration_seconds', 'How long the last run took.', summed('seconds')),
  ];
  return metrics.map(metricText).join('');

  function lastSuccess(
    name: string,
    help: string,
    runs: readonly { readonly labels: Labels; readonly success: boolean }[],
  ): Metric {
    const samples = runs.flatMap(({ labels, success }) => {
      const value = success ? now : previousValue(previous, `${name}{${labelText(labels)}}`);
      return value === undefined ? [] : [{ labels, value }];
    });
    return { name, help, samples };
  }
}

const severities: readonly Severity[] = ['danger', 'error', 'warning', 'note'];

function succeeded({ exitCode, dryRun }: JsonObject): boolean {
  return exitCode === 0 && dryRun !== true;
}

/** The union as it is: of a dry run without what it would do. */
function undone(union: JsonObject): JsonObject {
  const { dryRun, summary } = union;
  // `record` counts no links.
  if (dryRun !== true || !isObject(summary) || summary.linksMissing === undefined) return union;
  const linksMissing = Number(summary.linksMissing) + Number(summary.linksRestored);
  return {
    ...union,
    summary: { ...summary, linksMissing, linksRestored: 0, entriesRemoved: 0, bytesFreed: '0' },
  };
}

function summed(field: keyof Summary): (union: JsonObject) => number {
  return ({ summary }) => Number(isObject(summary) ? (summary[field] ?? Number.NaN) : Number.NaN);
}

function previousValue(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  const value = line?.slice(series.length + 1) ?? '';
  return /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return isList(value) ? value.filter(isObject) : [];
}

function metricText({ name, help, samples }: Metric): string {
  if (samples.length === 0) return '';
  const lines = samples.map(({ labels, value }) => `${name}{${labelText(labels)}} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ''].join('\n');
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`)
    .join(',');
}

function upperOf({ target }: JsonObject): string {
  const upper = isObject(target) ? target.upper : null;
  return typeof upper === 'string' ? upper : JSON.stringify(upper);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
