import type { Report } from '../report/report.js';
import type { Union } from '../union/union.js';
import type { Invocation } from './command.js';
import type { allOption, targetOptions } from './common-options.js';
import type { Context } from './context.js';
import { selectUnion } from './select-union.js';

/** Runs `action` on the union that is named, or with `--all` on each of them, one report for all. */
export async function onUnions(
  invocation: Invocation<typeof targetOptions & Partial<typeof allOption>>,
  context: Context,
  action: (union: Union) => Promise<Report>,
): Promise<Report> {
  return action(await selectUnion(invocation.values, invocation.positionals, context));
}
