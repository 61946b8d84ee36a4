import { refuseIfInUse } from '../lock/in-use.js';
import { outcomeReport } from '../report/outcome-report.js';
import { planReport } from '../report/plan-report.js';
import type { Report } from '../report/report.js';
import { apply } from '../restore/apply.js';
import { plan } from '../restore/plan.js';
import { refuseUnprivileged } from '../restore/refuse-unprivileged.js';
import type { Union } from '../union/union.js';
import type { writeOptions } from './common-options.js';
import type { Context } from './context.js';
import type { Values } from './option.js';
import { scanUnion } from './scan-union.js';
import { showLinking } from './show-progress.js';
import { stopFailure } from './stop-failure.js';
import { stopwatch } from './stopwatch.js';
import { throughMount } from './through-mount.js';
import { underMaintenance } from './under-maintenance.js';
import { waitSeconds } from './wait-seconds.js';

/** `restore` and `flush`: scan, plan, and unless it is a dry run do it under the maintenance lock. */
export async function mend(
  union: Union,
  goal: 'restore' | 'flush',
  values: Values<typeof writeOptions>,
  context: Context,
): Promise<Report> {
  const wait = waitSeconds(values.wait);
  const dryRun = values['dry-run'] === true;
  if (union.mounted !== undefined) return throughMount(union, { goal, wait, dryRun }, context);
  const stillFree = (): void => refuseIfInUse(union, { kernelRoot: context.kernelRoot });
  if (dryRun) {
    // Named by its branches; the run itself would be refused.
    stillFree();
    return planned(union, goal, context);
  }
  const seconds = stopwatch();
  return underMaintenance(union, goal, wait, context, async () => {
    stillFree();
    const found = await scanUnion(union, false, context);
    const todo = plan(found, goal);
    refuseUnprivileged(todo);
    // A scan may have taken minutes.
    stillFree();
    const outcome = await apply(todo, {
      signal: context.signal,
      stillFree,
      onProgress: showLinking(context),
    });
    const stop = outcome.stopped ? stopFailure(context.signal) : undefined;
    return outcomeReport(found, todo, outcome, seconds(), stop);
  });
}

async function planned(union: Union, goal: 'restore' | 'flush', context: Context): Promise<Report> {
  const seconds = stopwatch();
  const found = await scanUnion(union, false, context);
  return planReport(found, plan(found, goal), seconds());
}
