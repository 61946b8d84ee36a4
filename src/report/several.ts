import type { Report } from './report.js';

/**
 * One report for a run over several unions: `targets` holds what each would have printed alone.
 *
 * @param exitCode - of the whole run
 */
export function several(reports: readonly Report[], exitCode: number): Report {
  return {
    exitCode,
    text: (page) =>
      reports.length === 0
        ? [{ level: 'info', text: 'No union is known here.' }]
        : reports.flatMap((report, index) => [
            ...(index === 0 ? [] : [{ level: 'info' as const, text: '' }]),
            ...report.text(page),
          ]),
    json: () => ({ targets: reports.map((report) => ({ ...report.json(), exitCode: report.exitCode })) }),
  };
}
