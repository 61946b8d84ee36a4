import { milliseconds } from '../../milliseconds.js';
import type { IndexEntry } from '../../scan/result.js';
import type { Bytes } from '../../sys/bytes.js';
import { type InodeId, sameInode } from '../../sys/inode-id.js';
import { statIfThere } from '../../sys/stat.js';
import { SysError } from '../../sys/sys-error.js';
import type { Union } from '../../union/union.js';
import type { ApplyOptions } from '../apply.js';
import { concernsAll } from '../concerns-all.js';
import { linkFailure } from '../link-failure.js';
import type { EntryOutcome, EntryPlan, Outcome, Plan } from '../plan-types.js';
import { writeFailure } from '../write-failure.js';
import { anchorOf, linkThroughMount } from './mounted-overlay-link.js';
import type { MountedOverlay } from './mounted-overlay-mount.js';

/** Milliseconds of work between two breaths of the event loop (signals, lock heartbeat, progress line). */
const BREATH_MS = 40;

/** What a mounted overlay allows of a plan: its kernel keeps the counts and owns the entries, so links alone. */
export function mountedPlan(plan: Plan, goal: Plan['goal']): Plan {
  const entries = plan.entries.filter(({ link }) => link.length > 0);
  const whole = plan.entries.filter(({ link }) => link.length === 0);
  return {
    ...plan,
    goal,
    entries: entries.map((each) => ({ ...each, nlinkBefore: undefined, nlinkAfter: undefined })),
    kept: [
      ...plan.kept,
      ...whole.map(({ entry }) => ({ entry, reason: 'every name is there', attention: false })),
    ],
  };
}

/**
 * Makes the kernel link every missing name of a mounted overlay. Entries and counts stay the kernel's. Nothing is
 * synced: no entry goes, so a crash takes back whole links at most, and the next run makes them again.
 *
 * @param mounted - undefined where the plan links nothing
 * @throws Problem operational where the file system refuses in a way that concerns every entry
 */
export async function restoreMounted(
  mounted: MountedOverlay | undefined,
  plan: Plan,
  { signal, onProgress }: ApplyOptions = {},
): Promise<Outcome> {
  const outcomes: EntryOutcome[] = plan.kept.map(({ entry, reason, attention }) => ({
    entry,
    restored: [],
    removed: false,
    reason,
    attention,
  }));
  const total = plan.entries.reduce((sum, { link }) => sum + link.length, 0);
  let links = 0;
  let last = 0;
  let stopped = false;
  for (const each of plan.entries) {
    if (milliseconds() - last >= BREATH_MS) {
      onProgress?.({ links, total });
      await new Promise<void>((resolve) => setImmediate(resolve));
      last = milliseconds();
    }
    if (signal?.aborted === true) {
      stopped = true;
      break;
    }
    if (mounted === undefined) throw new Error('links are planned, and no mount is open');
    const outcome = restoreEntry(mounted, plan.union, each, links);
    outcomes.push(outcome);
    links += outcome.restored.length;
  }
  return {
    entries: outcomes.sort((a, b) => (a.entry.name < b.entry.name ? -1 : 1)),
    linksRestored: links,
    entriesRemoved: 0,
    entriesKept: outcomes.length,
    directoriesMade: 0,
    bytesFreed: 0n,
    stopped,
  };
}

/** @param before - links that were made until now */
function restoreEntry(
  mounted: MountedOverlay,
  union: Union,
  { entry, link }: EntryPlan,
  before: number,
): EntryOutcome {
  const restored: Bytes[] = [];
  const there: Bytes[] = [];
  const gone = new Set<Bytes>();
  let failure: string | undefined;
  let anchor: InodeId | undefined;
  try {
    const reason = changed(mounted, entry);
    // Its users removed the whole group, or wrote it anew: nothing is left to be put back.
    if (reason !== undefined) return { entry, restored, removed: false, reason, attention: false };
    anchor = anchorOf(mounted, entry);
    for (const path of link) {
      const outcome = linkThroughMount(mounted, entry, path, anchor);
      anchor ??= anchorOf(mounted, { ...entry, names: [...there, ...restored] });
      if (outcome === 'linked') restored.push(path);
      else if (outcome === 'there') there.push(path);
      else if (outcome === 'gone') gone.add(path);
      else failure ??= outcome.failure;
    }
  } catch (error) {
    if (!(error instanceof SysError) || error.syscall === 'utimensat' || concernsAll(error))
      throw writeFailure(error, union, { linksRestored: before + restored.length, entriesRemoved: 0 });
    failure ??= linkFailure(error);
  }
  return {
    entry: {
      ...entry,
      names: [...entry.names, ...there].sort(),
      missing: entry.missing.filter(({ path }) => !gone.has(path) && !there.includes(path)),
    },
    restored,
    removed: false,
    reason: failure,
    attention: failure !== undefined,
  };
}

function changed(mounted: MountedOverlay, entry: IndexEntry): string | undefined {
  const now = statIfThere(mounted.index, entry.name);
  if (now === undefined) return 'the entry is gone since it was looked at';
  return sameInode(now, entry.inode) ? undefined : 'the entry is another file since it was looked at';
}
