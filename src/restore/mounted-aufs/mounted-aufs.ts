import type { PlinkMaint } from '../../lock/plink-maint.js';
import { Problem } from '../../problem.js';
import { lookAtMounted, openMounted, scanResult } from '../../scan/mounted-aufs/mounted-aufs-scan.js';
import type { Finding, ScanResult } from '../../scan/result.js';
import type { ScanOptions } from '../../scan/scan-options.js';
import type { Bytes } from '../../sys/bytes.js';
import { syncfs } from '../../sys/sync.js';
import { isSysError } from '../../sys/sys-error.js';
import type { AufsUnion } from '../../union/union.js';
import { plan } from '../plan.js';
import type { EntryOutcome, Outcome, Plan } from '../plan-types.js';
import { doneText } from '../write-failure.js';
import { findOutOfSight } from './mounted-aufs-out-of-sight.js';
import { runSession, type SessionDone } from './mounted-aufs-session.js';
import type { PlinkRun, Session } from './plink-run.js';

export interface MountedAufsOptions extends ScanOptions {
  /** Directory that holds `proc` and `sys`. */
  readonly kernelRoot: Bytes;
  /** Enters the kernel's maintenance mode; see `enterPlinkMaint`. */
  readonly enter: () => PlinkMaint;
  /** Whether the time is up. */
  readonly expired: () => boolean;
}

/** What became of the pseudo-links of a mounted aufs. */
export interface MountedAufsDone {
  readonly scan: ScanResult;
  readonly plan: Plan;
  readonly outcome: Outcome;
  /** Danger beside the entries: a branch whose pseudo-links are out of reach. */
  readonly outOfSight: readonly Finding[];
}

/**
 * Restores the links of a mounted aufs: the kernel makes them, when names are touched. The whole mount stands still
 * for everybody else meanwhile, so whatever can be done before is done before.
 *
 * @throws Problem busy where somebody else maintains it; operational where a branch is full or read-only. Every
 * entry is still there then, and a rerun goes on.
 */
export async function mendMountedAufs(
  union: AufsUnion,
  goal: Plan['goal'],
  options: MountedAufsOptions,
): Promise<MountedAufsDone> {
  const roots = openMounted(union);
  try {
    const before = await lookAtMounted(union, roots, options);
    const outOfSight = findOutOfSight(before.result, union, options.kernelRoot);
    const told = before.entries.filter(({ mayBeLive }) => mayBeLive);
    const work = told.some(({ entry }) => goal === 'flush' || entry.missing.length > 0);
    if (!work) return report(before.result, goal, undefined, outOfSight);
    refuseReadOnly(union);
    for (const { role, root } of roots.layers) if (role === 'upper') syncfs(root);
    options.signal?.throwIfAborted();
    const { shown } = before;
    const { enter, expired } = options;
    const done = inMode({ roots, goal, shown, outOfSight: outOfSight.length > 0, expired }, enter);
    if (done.failure !== undefined) throw operational(done);
    const entries = done.runs.map(({ before: looked }) => looked);
    return report(scanResult(union, roots, done.shown, entries), goal, done, outOfSight);
  } finally {
    roots.close();
  }
}

/** Not async, and it must not become so: the event loop may not turn before the release. */
function inMode(session: Session, enter: () => PlinkMaint): SessionDone {
  const maint = enter();
  try {
    return runSession(session, maint);
  } finally {
    maint.release();
  }
}

function refuseReadOnly({ mounted }: AufsUnion): void {
  if (mounted?.readOnly !== true) return;
  throw new Problem(
    'operational',
    'read-only',
    'the aufs is mounted read-only, so the kernel links nothing',
    {
      path: mounted.path,
      hint: 'remount it read-write (mount -o remount,rw), or unmount it and flush its branches',
    },
  );
}

function report(
  scan: ScanResult,
  goal: Plan['goal'],
  done: SessionDone | undefined,
  outOfSight: readonly Finding[],
): MountedAufsDone {
  const planned = plan(scan, goal);
  const runs = new Map((done?.runs ?? []).map((run) => [run.before.entry, run]));
  const entries = [
    ...planned.entries.map((each) => outcomeOf(each.entry, runs.get(each.entry), goal, undefined, true)),
    ...planned.kept.map((each) =>
      outcomeOf(each.entry, runs.get(each.entry), goal, each.reason, each.attention),
    ),
  ];
  const removed = entries.filter((entry) => entry.removed).length;
  return {
    scan,
    plan: planned,
    outOfSight,
    outcome: {
      entries,
      linksRestored: entries.reduce((sum, { restored }) => sum + restored.length, 0),
      entriesRemoved: removed,
      entriesKept: entries.length - removed,
      directoriesMade: 0,
      bytesFreed: 0n,
      stopped: done?.stopped === true,
    },
  };
}

function outcomeOf(
  entry: EntryOutcome['entry'],
  run: PlinkRun | undefined,
  goal: Plan['goal'],
  reason: string | undefined,
  attention: boolean,
): EntryOutcome {
  const removed = run?.removed === true;
  const linked = run !== undefined && run.restored.length === entry.missing.length;
  if (removed || (goal === 'restore' && linked && run.failure === undefined && reason === undefined)) {
    return { entry, restored: run?.restored ?? [], removed, reason: undefined, attention: false };
  }
  const why = run?.failure ?? run?.after.entry.aufs?.obstacle ?? reason ?? run?.after.entry.reason;
  return { entry, restored: run?.restored ?? [], removed, reason: why ?? 'not finished', attention };
}

function operational({ failure: error, runs }: SessionDone): unknown {
  if (!isSysError(error)) return error;
  const done = doneText({
    linksRestored: runs.reduce((sum, { restored }) => sum + restored.length, 0),
    entriesRemoved: runs.filter(({ removed }) => removed).length,
  });
  return new Problem('operational', 'write', `${error.syscall}: ${error.meaning}`, {
    path: error.path as Bytes | undefined,
    cause: error,
    hint: `${done}nothing is lost: the other pseudo-links are still there, and the same command goes on when the cause is mended`,
  });
}
