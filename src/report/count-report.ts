import { shown } from '../words/shown.js';
import { failureReport } from './failure-report.js';
import type { Line, Report } from './report.js';

/**
 * The number of entries alone, a line for each union.
 *
 * @param named - with the union's upper branch behind it
 */
export function countReport(report: Report, named: boolean): Report {
  return {
    ...report,
    text: (page) =>
      (report.subjects ?? []).flatMap((subject): readonly Line[] => {
        if ('failure' in subject) return failureReport(subject.failure).text(page);
        const { entries, union } = subject.scan;
        const upper = union.branches.find(({ role }) => role === 'upper');
        const name = named && upper !== undefined ? `\t${shown(upper.path)}` : '';
        return [{ level: 'notice', answer: true, text: `${entries.length}${name}` }];
      }),
  };
}
