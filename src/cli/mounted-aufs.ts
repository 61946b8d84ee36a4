import { enterPlinkMaint } from '../lock/plink-maint.js';
import { milliseconds } from '../milliseconds.js';
import { Problem } from '../problem.js';
import { outcomeReport } from '../report/outcome-report.js';
import { planReport } from '../report/plan-report.js';
import type { Report } from '../report/report.js';
import { mendMountedAufs as mend } from '../restore/mounted-aufs/mounted-aufs.js';
import { plan } from '../restore/plan.js';
import type { AufsUnion } from '../union/union.js';
import { shown } from '../words/shown.js';
import type { Context } from './context.js';
import { exitCode, gravest } from './exit-code.js';
import type { MountedRun } from './mounted-run.js';
import { scanUnion } from './scan-union.js';
import { showLooking } from './show-progress.js';
import { stopFailure } from './stop-failure.js';
import { stopwatch } from './stopwatch.js';
import { underMaintenance } from './under-maintenance.js';

const PAUSE_MS = 100;

/** `restore` and `flush` of a mounted aufs: its kernel makes the links, while nobody else may use the mount. */
export async function mendMountedAufs(
  union: AufsUnion,
  { goal, wait, dryRun }: MountedRun,
  context: Context,
): Promise<Report> {
  const seconds = stopwatch();
  if (dryRun) {
    const found = await scanUnion(union, false, context);
    return planReport(found, plan(found, goal), seconds());
  }
  const { kernelRoot, signal, deadline } = context;
  return underMaintenance(union, goal, wait, context, async () => {
    const done = await patiently(wait, context, () =>
      mend(union, goal, {
        kernelRoot,
        signal,
        enter: () => enterPlinkMaint(kernelRoot, union.mounted?.si ?? ''),
        expired: () => deadline !== undefined && milliseconds() >= deadline,
        onProgress: showLooking(union, context),
      }),
    );
    for (const { path, message } of done.outOfSight) {
      context.notice({ level: 'warning', text: `${shown(path)}: ${message}` });
    }
    const stop = done.outcome.stopped ? stopFailure(signal.aborted ? signal : timeUp) : undefined;
    const report = outcomeReport(done.scan, done.plan, done.outcome, seconds(), stop);
    const code = done.outOfSight.length > 0 ? exitCode.attention : exitCode.done;
    return { ...report, exitCode: gravest([report.exitCode, code]) };
  });
}

const timeUp = { reason: new Problem('operational', 'timeout', 'stopped, as --timeout says') };

/** Tries again until nobody else has the kernel's maintenance mode, or the waiting is over. */
async function patiently<T>(wait: number | undefined, context: Context, run: () => Promise<T>): Promise<T> {
  const end = milliseconds() + (wait ?? 0) * 1000;
  for (let told = false; ; told = true) {
    try {
      return await run();
    } catch (error) {
      const busy = error instanceof Problem && error.kind === 'busy';
      if (!busy || milliseconds() >= end) throw error;
      if (!told) context.notice({ level: 'notice', text: `${error.message}; waiting` });
    }
    await process.getBuiltinModule('node:timers/promises').setTimeout(PAUSE_MS);
    context.signal.throwIfAborted();
  }
}
