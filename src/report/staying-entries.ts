import type { Plan } from '../restore/plan-types.js';
import { plural } from '../words/plural.js';
import { atRest, whosePaths } from './at-rest.js';
import type { Report } from './report.js';
import { targetWords } from './target-words.js';

/** Adds to the report of a flush what only an unmounted overlay can be rid of. */
export function withStayingEntries(report: Report, { goal, union, entries, kept }: Plan): Report {
  const staying = [...entries, ...kept].filter(({ entry: { state } }) =>
    ['restorable', 'complete', 'stale'].includes(state),
  ).length;
  if (goal !== 'flush' || staying === 0) return report;
  return {
    ...report,
    text: (page) => [
      ...report.text(page),
      {
        level: 'info',
        text: `${plural(staying, 'entry', 'entries')} of the index ${staying === 1 ? 'stays' : 'stay'}, for the mounted kernel works with them. Once it is unmounted${whosePaths(union)}:`,
      },
      {
        level: 'info',
        text: `${page.style.dim('next:')} plinkctl flush ${targetWords(atRest(union))}`,
      },
    ],
  };
}
