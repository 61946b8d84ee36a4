import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import type { Outcome, Plan } from '../../src/restore/plan-types.js';
import type { ScanResult } from '../../src/scan/result.js';
import { scan } from '../../src/scan/scan.js';
import type { Union } from '../../src/union/union.js';

export type Goal = Plan['goal'];

/** A whole run, as the command makes it, but for the lock. */
export async function runGoal(
  union: Union,
  goal: Goal,
): Promise<{ readonly found: ScanResult; readonly outcome: Outcome }> {
  const found = await scan(union);
  return { found, outcome: await apply(plan(found, goal)) };
}

/** States and visible names of the entries, for a table: `['restorable', 'B', 'd/C']`. */
export function statesOf(found: ScanResult): string[][] {
  return found.entries.map(({ state, missing }) => [state, ...missing.map(({ path }) => path)]).sort();
}
