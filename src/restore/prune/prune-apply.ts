import type { Bytes } from '../../sys/bytes.js';
import { sameInode } from '../../sys/inode-id.js';
import { unlink } from '../../sys/names.js';
import { type Stat, statIfThere } from '../../sys/stat.js';
import { fsync } from '../../sys/sync.js';
import { failureOfOne } from '../entry-run.js';
import { stripInode } from '../repair/strip-marks.js';
import { NotCopied } from '../rescue/not-copied.js';
import { openRescue, type Rescue, type Rescued } from '../rescue/rescue.js';
import { openSite, type Site } from '../site.js';
import { writeFailure } from '../write-failure.js';
import { isOpen, lastChange } from './prune-facts.js';
import type { PrunedEntry, PruneEntry, PruneOutcome, PrunePlan } from './prune-types.js';

export interface PruneApplyOptions {
  /** Stops between two batches. */
  readonly signal?: AbortSignal;
  /** Called before each batch; throws where somebody mounts the union. */
  readonly stillFree?: () => void;
}

/** Entries between two looks at whether the union is still free. */
const BATCH = 128;

interface Removal {
  readonly entry: PrunedEntry;
  /** Bytes on the disk. */
  readonly freed: bigint;
}

/**
 * Removes what a plan names: each entry is looked at again, rescued durably, and goes only if it is still the
 * inode's only name.
 *
 * @throws Problem busy where the union is mounted by now, operational where the file system or the rescue directory
 * refuses; what was removed until then is durable, and told
 */
export async function applyPrune(plan: PrunePlan, options: PruneApplyOptions = {}): Promise<PruneOutcome> {
  const done: PrunedEntry[] = plan.kept.map(({ entry, reason, attention }) => ({
    entry,
    removed: false,
    rescued: undefined,
    reason,
    attention,
  }));
  let bytesFreed = 0n;
  let stopped = false;
  if (plan.entries.length === 0) return { entries: done, bytesFreed, stopped };
  const site = openSite(plan.union);
  const rescue = plan.rescue === undefined ? undefined : openRescue(plan.rescue, plan.union);
  try {
    for (let at = 0; at < plan.entries.length; at += BATCH) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (options.signal?.aborted === true) {
        stopped = true;
        break;
      }
      const batch: Removal[] = [];
      try {
        options.stillFree?.();
        removeBatch(site, rescue, plan, plan.entries.slice(at, at + BATCH), batch);
      } finally {
        for (const { entry, freed } of batch) {
          done.push(entry);
          bytesFreed += freed;
        }
      }
    }
  } catch (error) {
    const entriesRemoved = done.filter(({ removed }) => removed).length;
    throw writeFailure(error, plan.union, { linksRestored: 0, entriesRemoved });
  } finally {
    rescue?.close();
    site.close();
  }
  return { entries: done, bytesFreed, stopped };
}

/** @param done - takes what became of each, also where a later one fails */
function removeBatch(
  site: Site,
  rescue: Rescue | undefined,
  plan: PrunePlan,
  entries: readonly PruneEntry[],
  done: Removal[],
): void {
  const touched = new Set<number>();
  const moved: Bytes[] = [];
  try {
    for (const each of entries) {
      const removal = removeOne(site, rescue, plan, each, moved);
      if (removal.entry.removed) touched.add(site.index(each.entry.branch));
      done.push(removal);
    }
  } finally {
    for (const index of touched) fsync(index);
    // A file with an origin that comes back into an upper directory would pass for a copy-up of that lower file.
    if (rescue !== undefined) for (const name of moved) stripInode(site, rescue.fd, name);
  }
}

function removeOne(
  site: Site,
  rescue: Rescue | undefined,
  plan: PrunePlan,
  each: PruneEntry,
  moved: Bytes[],
): Removal {
  const { entry } = each;
  const index = site.index(entry.branch);
  let now: Stat | undefined;
  let safe: Rescued | undefined;
  try {
    now = statIfThere(index, entry.name);
    const changed = whatChanged(each, now) ?? openReason(index, entry.name, now);
    if (now === undefined || changed !== undefined) {
      return { entry: kept(each, changed ?? 'it is gone'), freed: 0n };
    }
    safe = rescue?.take(index, entry.name, {
      union: plan.union,
      entry,
      reason: each.reason,
      knownNames: each.knownNames,
    });
    if (safe === undefined) unlink(index, entry.name);
  } catch (error) {
    const reason = error instanceof NotCopied ? error.message : failureOfOne(error);
    return { entry: { ...kept(each, reason), attention: true }, freed: 0n };
  }
  if (safe?.moved === true) moved.push(safe.name);
  return {
    entry: { entry, removed: true, rescued: safe?.path, reason: entry.reason, attention: false },
    freed: safe?.moved === true ? 0n : now.blocks * 512n,
  };
}

function whatChanged({ entry, changed }: PruneEntry, now: Stat | undefined): string | undefined {
  // Another run was faster, or the kernel.
  if (now === undefined) return 'the entry is gone since it was looked at';
  if (!sameInode(now, entry.inode)) return 'the entry is another file since it was looked at';
  if (now.nlink !== 1) return 'its links changed since it was looked at';
  if (lastChange(now) !== changed) return 'it changed since it was looked at';
  return undefined;
}

function openReason(index: number, name: Bytes, now: Stat | undefined): string | undefined {
  const open = now === undefined ? false : isOpen(index, name, now);
  if (open === undefined) return 'whether a process has it open cannot be told';
  return open ? 'a process has it open' : undefined;
}

function kept({ entry }: PruneEntry, reason: string): PrunedEntry {
  return { entry, removed: false, rescued: undefined, reason, attention: false };
}
