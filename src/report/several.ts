import type { Json, JsonObject } from '../words/json.js';
import { plural, size } from '../words/plural.js';
import { type Level, priorities } from './notice.js';
import type { Line, Page, Report } from './report.js';

/**
 * One report for a run over several unions: `targets` holds what each would have printed alone, `summary` the sums.
 *
 * @param exitCode - of the whole run
 * @param dryRun - whether the reports are of what would be done
 */
export function several(reports: readonly Report[], exitCode: number, dryRun = false): Report {
  return {
    exitCode,
    subjects: reports.flatMap(({ subjects }) => subjects ?? []),
    text: (page) =>
      reports.length === 0
        ? [{ level: 'info', text: 'No union is known here.' }]
        : [
            ...reports.flatMap((report, index) => {
              const lines = report.text(page);
              const level = gravestLevel(lines);
              return [
                ...(index === 0 ? [] : [{ level, text: '' }]),
                ...lines.map((line) => (line.ofUnion === true ? { ...line, level } : line)),
              ];
            }),
            ...(reports.length === 1 ? [] : summaryLines(reports, dryRun, page)),
          ],
    json: () => ({
      dryRun,
      targets: reports.map((report) => ({ ...report.json(), exitCode: report.exitCode })),
      summary: { targets: reports.length, ...sums(reports) },
    }),
  };
}

/** Whoever is shown what a union needs (`--quiet`, `journalctl -p warning`) must see which one it is. */
function gravestLevel(lines: readonly Line[]): Level {
  return lines.reduce<Level>((a, { level: b }) => (priorities[b] < priorities[a] ? b : a), 'info');
}

function summaryLines(reports: readonly Report[], dryRun: boolean, { style }: Page): Line[] {
  const all = sums(reports);
  const count = (key: string): number => Number(all[key] ?? 0);
  const would = dryRun ? 'would be ' : '';
  const parts = [
    count('linksRestored') > 0 ? `${plural(count('linksRestored'), 'name')} ${would}put back` : undefined,
    count('entriesRemoved') > 0
      ? `${plural(count('entriesRemoved'), 'entry', 'entries')} ${would}removed`
      : undefined,
    all.bytesFreed === undefined || all.bytesFreed === '0'
      ? undefined
      : `${size(BigInt(String(all.bytesFreed)))} ${would}freed`,
  ].filter((part) => part !== undefined);
  const troubled = reports.filter((report) => report.exitCode !== 0).length;
  const text = [`${plural(reports.length, 'union')}`, ...parts].join(', ');
  const nothing = dryRun ? ' Nothing was changed.' : '';
  const left = dryRun ? 'would not be done, or with something left' : 'not done or with something left';
  return [
    { level: 'info', text: '' },
    troubled === 0
      ? { level: 'info', text: `${style.green('✓')} ${text}.${nothing}` }
      : {
          level: 'warning',
          text: style.yellow(`! ${text}; ${troubled} of them ${left}.${nothing}`),
        },
  ];
}

/** Sums of the numbers in the reports' summaries; byte counts are decimal strings. */
function sums(reports: readonly Report[]): JsonObject {
  const total = new Map<string, number | bigint>([
    ['entries', 0],
    ['seconds', 0],
  ]);
  for (const report of reports) {
    for (const [key, value] of Object.entries(object(report.json().summary))) {
      if (typeof value === 'number') total.set(key, Number(total.get(key) ?? 0) + value);
      if (typeof value === 'string' && /^\d+$/.test(value)) {
        total.set(key, BigInt(total.get(key) ?? 0) + BigInt(value));
      }
    }
  }
  return Object.fromEntries(
    [...total].map(([key, value]) => [
      key,
      typeof value === 'bigint' ? `${value}` : Math.round(value * 1000) / 1000,
    ]),
  );
}

function object(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
