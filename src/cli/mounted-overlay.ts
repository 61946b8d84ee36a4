import { outcomeReport } from '../report/outcome-report.js';
import { planReport } from '../report/plan-report.js';
import type { Report } from '../report/report.js';
import { withStayingEntries } from '../report/staying-entries.js';
import { mountedPlan, restoreMounted } from '../restore/mounted-overlay/mounted-overlay.js';
import { openMountedOverlay } from '../restore/mounted-overlay/mounted-overlay-mount.js';
import { plan } from '../restore/plan.js';
import type { Plan } from '../restore/plan-types.js';
import type { ScanResult } from '../scan/result.js';
import type { OverlayUnion } from '../union/union.js';
import type { Context } from './context.js';
import type { MountedRun } from './mounted-run.js';
import { scanUnion } from './scan-union.js';
import { showLinking } from './show-progress.js';
import { stopFailure } from './stop-failure.js';
import { stopwatch } from './stopwatch.js';
import { underMaintenance } from './under-maintenance.js';

/** `restore` and `flush` of a mounted overlay: its kernel makes the links, and keeps the entries. */
export async function mendMountedOverlay(
  union: OverlayUnion,
  { goal, wait, dryRun }: MountedRun,
  context: Context,
): Promise<Report> {
  const seconds = stopwatch();
  if (dryRun) {
    const { found, todo } = await look(union, goal, context);
    if (todo.entries.length > 0) openMountedOverlay(union).close();
    return withStayingEntries(planReport(found, todo, seconds()), todo);
  }
  return underMaintenance(union, goal, wait, context, async () => {
    const { found, todo } = await look(union, goal, context);
    const outcome = await carryOut(union, todo, context);
    const stop = outcome.stopped ? stopFailure(context.signal) : undefined;
    return withStayingEntries(outcomeReport(found, todo, outcome, seconds(), stop), todo);
  });
}

/** So often at most is something odd looked at again; the next run looks anew. */
const LOOKS = 3;

interface Look {
  readonly found: ScanResult;
  readonly todo: Plan;
}

// A directory that is renamed while the walk goes by can hide the names in it, and an entry without names looks odd.
async function look(union: OverlayUnion, goal: Plan['goal'], context: Context): Promise<Look> {
  let last = await lookOnce(union, goal, context);
  for (let looks = 1; looks < LOOKS && oddities(last).length > 0; looks += 1) {
    const again = await lookOnce(union, goal, context);
    const settled = oddities(again).join() === oddities(last).join();
    last = again;
    if (settled) break;
  }
  return last;
}

function oddities({ todo }: Look): string[] {
  return todo.kept.filter(({ attention }) => attention).map(({ entry, reason }) => `${entry.name} ${reason}`);
}

async function lookOnce(union: OverlayUnion, goal: Plan['goal'], context: Context): Promise<Look> {
  const found = await scanUnion(union, false, context);
  // What makes a volatile overlay unfit is a crash, and this one lives.
  const fit = found.blocked?.code === 'volatile' || found.entries.length === 0;
  // It is right by the kernel's own checks, too: directories that fail them are others than the mounted ones. Lowers that
  // share a UUID are mounted, with index=off, and refused as well when they are unmounted.
  if (found.blocked !== undefined && found.blocked.code !== 'uuid-conflict' && !fit)
    openMountedOverlay(union).close();
  const live = fit ? { ...found, blocked: undefined } : found;
  return { found: live, todo: mountedPlan(plan(live, 'restore'), goal) };
}

async function carryOut(union: OverlayUnion, todo: Plan, context: Context) {
  const mounted = todo.entries.length > 0 ? openMountedOverlay(union) : undefined;
  try {
    return await restoreMounted(mounted, todo, {
      signal: context.signal,
      onProgress: showLinking(context),
    });
  } finally {
    mounted?.close();
  }
}
