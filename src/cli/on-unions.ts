import { Problem } from '../problem.js';
import { failureReport } from '../report/failure-report.js';
import type { Report } from '../report/report.js';
import { several } from '../report/several.js';
import type { Union } from '../union/union.js';
import { allUnions } from './all-unions.js';
import type { Invocation } from './command.js';
import type { allOption, outputOptions, targetOptions } from './common-options.js';
import type { Context } from './context.js';
import { gravest } from './exit-code.js';
import { failureOf } from './failure.js';
import { selectUnion } from './select-union.js';

type Named = typeof targetOptions & Pick<typeof outputOptions, 'config'> & Partial<typeof allOption>;

/** Runs `action` on the union that is named, or with `--all` on each of them, one report for all. */
export async function onUnions(
  { values, positionals }: Invocation<Named>,
  context: Context,
  action: (union: Union) => Promise<Report>,
): Promise<Report> {
  if (values.all !== true) return action(selectUnion(values, positionals, context));
  if (positionals.length > 0 || values.options !== undefined || values.upper !== undefined) {
    throw new Problem('usage', 'two-targets', '--all takes no union beside it');
  }
  const reports: Report[] = [];
  for (const { name, open } of allUnions(values.config, context)) {
    if (context.signal.aborted) {
      reports.push(failureReport(failureOf(context.signal.reason)));
      break;
    }
    try {
      reports.push(await action(open()));
    } catch (error) {
      // One union in trouble must not keep the others from their maintenance.
      const failure = failureOf(error);
      reports.push(failureReport({ ...failure, path: failure.path ?? name }));
    }
  }
  return several(reports, gravest(reports.map(({ exitCode }) => exitCode)));
}
