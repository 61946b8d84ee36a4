import { outcomeReport } from '../report/outcome-report.js';
import { planReport } from '../report/plan-report.js';
import type { Report } from '../report/report.js';
import { withStayingEntries } from '../report/staying-entries.js';
import { mountedPlan, restoreMounted } from '../restore/mounted-overlay.js';
import { openMountedOverlay } from '../restore/mounted-overlay-mount.js';
import { plan } from '../restore/plan.js';
import type { Plan } from '../restore/plan-types.js';
import type { ScanResult } from '../scan/result.js';
import type { OverlayUnion } from '../union/union.js';
import type { Context } from './context.js';
import { scanUnion } from './scan-union.js';
import { stopCode } from './stop-code.js';
import { stopwatch } from './stopwatch.js';
import type { MountedRun } from './through-mount.js';
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
    const stop = outcome.stopped ? stopCode(context.signal) : undefined;
    return withStayingEntries(outcomeReport(found, todo, outcome, seconds(), stop), todo);
  });
}

async function look(
  union: OverlayUnion,
  goal: Plan['goal'],
  context: Context,
): Promise<{ readonly found: ScanResult; readonly todo: Plan }> {
  const found = await scanUnion(union, false, context);
  // A live overlay is right by the kernel's own checks: directories that fail them are others than the mounted.
  if (found.blocked !== undefined) openMountedOverlay(union).close();
  // What makes a volatile overlay unfit is a crash, and this one lives.
  const fit = found.blocked?.code === 'volatile' ? { ...found, blocked: undefined } : found;
  return { found: fit, todo: mountedPlan(plan(fit, 'restore'), goal) };
}

async function carryOut(union: OverlayUnion, todo: Plan, context: Context) {
  const mounted = todo.entries.length > 0 ? openMountedOverlay(union) : undefined;
  try {
    return await restoreMounted(mounted, todo, {
      signal: context.signal,
      onProgress: ({ links, total }) => context.progress.show(`linking: ${links} of ${total}`),
    });
  } finally {
    mounted?.close();
  }
}
