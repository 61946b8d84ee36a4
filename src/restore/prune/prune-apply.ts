import type { Bytes } from '../../sys/bytes.js';
import { sameInode } from '../../sys/inode-id.js';
import { unlink } from '../../sys/names.js';
import { type Stat, statIfThere } from '../../sys/stat.js';
import { fsync } from '../../sys/sync.js';
import { failureOfOne } from '../entry-run.js';
import { Pace } from '../pace.js';
import { SpotChanged } from '../repair/repair-site.js';
import { stripInode } from '../repair/strip-marks.js';
import { NotCopied } from '../rescue/not-copied.js';
import { openRescue, type Rescue, type Rescued } from '../rescue/rescue.js';
import { openSite, type Site } from '../site.js';
import { StillFree } from '../still-free.js';
import { writeFailure } from '../write-failure.js';
import { isOpen, lastChange } from './prune-facts.js';
import type { PrunedEntry, PruneEntry, PruneOutcome, PrunePlan } from './prune-types.js';

export interface PruneApplyOptions {
  /** Stops between two entries, or between two pieces of a file that is copied: then that one stays. */
  readonly signal?: AbortSignal;
  /** Called again and again; throws where somebody mounts the union. */
  readonly stillFree?: () => void;
  /** Milliseconds between two looks at the signal; for tests. */
  readonly breathMs?: number;
}

/** Entries in one batch: it costs one fsync of the index. */
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
  const { site, rescue } = openPlaces(plan);
  try {
    const work: PruneWork = {
      site,
      rescue,
      plan,
      pace: new Pace({ signal: options.signal, breathMs: options.breathMs }),
      free: new StillFree(options.stillFree ?? (() => undefined)),
    };
    for (let at = 0; at < plan.entries.length; at += BATCH) {
      await work.pace.breathe();
      const batch: Removal[] = [];
      try {
        await removeBatch(work, plan.entries.slice(at, at + BATCH), batch);
      } finally {
        for (const { entry, freed } of batch) {
          done.push(entry);
          bytesFreed += freed;
        }
      }
    }
  } catch (error) {
    stopped = options.signal?.aborted === true && error === options.signal.reason;
    const entriesRemoved = done.filter(({ removed }) => removed).length;
    if (!stopped) throw writeFailure(error, plan.union, { linksRestored: 0, entriesRemoved });
  } finally {
    rescue?.close();
    site.close();
  }
  return { entries: done, bytesFreed, stopped };
}

function openPlaces({ union, rescue }: PrunePlan): Pick<PruneWork, 'site' | 'rescue'> {
  const site = openSite(union);
  try {
    return { site, rescue: rescue === undefined ? undefined : openRescue(rescue, union) };
  } catch (error) {
    site.close();
    throw error;
  }
}

/** What the entries of a prune have in common. */
interface PruneWork {
  readonly site: Site;
  readonly rescue: Rescue | undefined;
  readonly plan: PrunePlan;
  readonly pace: Pace;
  readonly free: StillFree;
}

/** @param done - takes what became of each, also where a later one fails */
async function removeBatch(work: PruneWork, entries: readonly PruneEntry[], done: Removal[]): Promise<void> {
  const { site, rescue, pace, free } = work;
  const touched = new Set<number>();
  const moved: Bytes[] = [];
  try {
    for (const each of entries) {
      if (pace.due) await pace.breathe();
      free.ask(false);
      const removal = await removeOne(work, each, moved);
      if (removal.entry.removed) touched.add(site.index(each.entry.branch));
      done.push(removal);
    }
  } finally {
    for (const index of touched) fsync(index);
    // A file with an origin that comes back into an upper directory would pass for a copy-up of that lower file.
    if (rescue !== undefined) for (const name of moved) stripInode(site, rescue.fd, name);
  }
}

async function removeOne(
  { site, rescue, plan, pace, free }: PruneWork,
  each: PruneEntry,
  moved: Bytes[],
): Promise<Removal> {
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
    const note = { union: plan.union, entry, reason: each.reason, knownNames: each.knownNames };
    safe = await rescue?.take(index, entry.name, note, pace, () => free.ask(true));
    if (safe === undefined) unlink(index, entry.name);
  } catch (error) {
    const reason = reasonOf(error);
    return { entry: { ...kept(each, reason), attention: true }, freed: 0n };
  }
  if (safe?.moved === true) moved.push(safe.name);
  return {
    entry: { entry, removed: true, rescued: safe?.path, reason: entry.reason, attention: false },
    freed: safe?.moved === true ? 0n : now.blocks * 512n,
  };
}

/** @throws the error itself where it concerns all entries */
function reasonOf(error: unknown): string {
  if (error instanceof SpotChanged) return `it ${error.message}`;
  return error instanceof NotCopied ? error.message : failureOfOne(error);
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
