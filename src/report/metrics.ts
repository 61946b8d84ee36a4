import type { Json, JsonObject } from './report.js';

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/**
 * The result of a run as Prometheus text, for node_exporter's textfile collector. Every gauge carries the
 * command; those of a union carry its upper directory too.
 *
 * @param document - what `--json` would have printed
 * @param now - seconds since 1970
 * @param lastSuccess - seconds since 1970 of the last run that ended with 0, this one included; undefined if none
 */
export function metricsText(document: JsonObject, now: number, lastSuccess: number | undefined): string {
  const command = String(document.command);
  const targets = isList(document.targets) ? document.targets.filter(isObject) : [document];
  const unions = targets.filter(({ target }) => isObject(target));
  const gauge = (name: string, help: string, value: number | undefined): Metric => ({
    name,
    help,
    samples: value === undefined ? [] : [{ labels: { command }, value }],
  });
  const perUnion = (name: string, help: string, field: string): Metric => ({
    name,
    help,
    samples: unions.map((union) => ({
      labels: { command, upper: upperOf(union) },
      value: Number(isObject(union.summary) ? union.summary[field] : Number.NaN),
    })),
  });
  const metrics: Metric[] = [
    gauge('plinkctl_exit_code', 'Exit code of the last run.', Number(document.exitCode)),
    gauge('plinkctl_last_run_timestamp_seconds', 'When the last run ended.', now),
    gauge('plinkctl_last_success_timestamp_seconds', 'When a run last ended with 0.', lastSuccess),
    {
      name: 'plinkctl_entries',
      help: 'Index entries by state, before the run.',
      samples: unions.flatMap(byState),
    },
    perUnion('plinkctl_links_missing', 'Names that are still to be linked.', 'linksMissing'),
    perUnion('plinkctl_links_restored', 'Names linked by the last run.', 'linksRestored'),
    perUnion('plinkctl_entries_removed', 'Index entries removed by the last run.', 'entriesRemoved'),
    perUnion('plinkctl_entries_kept', 'Index entries that need attention.', 'entriesKept'),
    perUnion('plinkctl_freed_bytes', 'Bytes freed by the last run.', 'bytesFreed'),
    perUnion('plinkctl_duration_seconds', 'How long the last run took.', 'seconds'),
  ];
  return metrics.map(metricText).join('');

  function byState(union: JsonObject): Metric['samples'] {
    const counts = new Map<string, number>();
    const entries = isList(union.entries) ? union.entries.filter(isObject) : [];
    for (const { state } of entries) counts.set(String(state), (counts.get(String(state)) ?? 0) + 1);
    return [...counts].map(([state, value]) => ({
      labels: { command, upper: upperOf(union), state },
      value,
    }));
  }
}

/** The time of the last success out of a file that {@link metricsText} wrote. */
export function lastSuccessIn(text: string): number | undefined {
  const found = /^plinkctl_last_success_timestamp_seconds\{[^}]*\} (\d+(?:\.\d+)?)$/m.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

function metricText({ name, help, samples }: Metric): string {
  if (samples.length === 0) return '';
  const lines = samples.map(({ labels, value }) => `${name}{${labelText(labels)}} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ''].join('\n');
}

function labelText(labels: Readonly<Record<string, string>>): string {
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
