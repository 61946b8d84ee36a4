import { isOwnTemporary, RUNNING_XATTR } from '../scan/own-marks.js';
import type { Bytes } from '../sys/bytes.js';
import { rmdir } from '../sys/names.js';
import { close } from '../sys/open.js';
import { fsync, syncfs } from '../sys/sync.js';
import { isSysError, unless } from '../sys/sys-error.js';
import { getXattr, removeXattr, setXattr } from '../sys/xattr.js';
import { runBatch } from './batch.js';
import { openWorkshop } from './directories.js';
import type { EntryRun } from './entry-run.js';
import type { MadeDirectories } from './needed-directories.js';
import type { EntryOutcome, EntryPlan, Outcome, Plan } from './plan-types.js';
import { stripMarks } from './repair/strip-marks.js';
import { openSite, SELF, type Site } from './site.js';
import { payTimes } from './touched-directory.js';
import { writeFailure } from './write-failure.js';

export interface ApplyOptions {
  /** Stops the run between two entries, or two directories that get names; everything done until then is whole. */
  readonly signal?: AbortSignal;
  /** Links in one batch, about; for tests. */
  readonly batchLinks?: number;
  /** Milliseconds between two looks at the signal; for tests. */
  readonly breathMs?: number;
  /** Throws where somebody has mounted the union; asked before the entries of a batch go. */
  readonly stillFree?: () => void;
  readonly onProgress?: (progress: { readonly links: number; readonly total: number }) => void;
}

/**
 * Links in one batch. A batch costs one fsync for each directory it touches, so groups that are strewn over many
 * directories want a large one; an fsync for each link would cost 35 times the links.
 */
const BATCH_LINKS = 65_536;

/**
 * Carries out a plan: the one writer of branches. In every batch all names are linked and durable before the
 * first entry goes; a run that is stopped anywhere is finished by the next.
 *
 * @throws Problem operational where the file system refuses in a way that concerns every entry (full, read-only, I/O),
 *   or what `stillFree` throws; what was done until then stays done, and is told
 */
export async function apply(plan: Plan, options: ApplyOptions = {}): Promise<Outcome> {
  const idle = plan.entries.length === 0 && !owesAnything(plan);
  const outcomes: EntryOutcome[] = plan.kept.map(({ entry, reason, attention }) => ({
    entry,
    restored: [],
    removed: false,
    reason,
    attention,
  }));
  if (idle) return outcomeOf(outcomes, 0, false);
  const site = openSite(plan.union);
  try {
    const uppers = uppersOf(plan);
    for (const branch of uppers) begin(site, branch);
    payDebts(site, plan);
    const total = plan.entries.reduce((sum, { link }) => sum + link.length, 0);
    let links = 0;
    let directoriesMade = 0;
    let stopped = false;
    const made: MadeDirectories = new Map();
    for (const batch of batches(plan.entries, options.batchLinks ?? BATCH_LINKS)) {
      options.onProgress?.({ links, total });
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (options.signal?.aborted === true) {
        stopped = true;
        break;
      }
      const before = links;
      const done = await runBatch(site, plan, batch, made, {
        stillFree: options.stillFree,
        onLinks: (more) => options.onProgress?.({ links: before + more, total }),
        signal: options.signal,
        breathMs: options.breathMs,
      });
      stopped = done.stopped;
      directoriesMade += done.directoriesMade;
      for (const run of done.runs) {
        if (stopped && !run.removed && run.restored.length === 0 && run.failure === undefined) continue;
        links += run.restored.length;
        outcomes.push(outcomeOfRun(run, stopped));
      }
      if (done.failure !== undefined)
        throw writeFailure(done.failure, plan.union, outcomeOf(outcomes, directoriesMade, true));
      if (stopped) break;
    }
    if (!stopped) for (const branch of uppers) end(site, branch);
    return outcomeOf(outcomes, directoriesMade, stopped);
  } finally {
    site.close();
  }
}

function owesAnything({ leftovers }: Plan): boolean {
  const { running, temporaries, times, marks } = leftovers;
  return running || temporaries.length > 0 || times.length > 0 || marks.length > 0;
}

function uppersOf(plan: Plan): Set<number> {
  const { temporaries, times } = plan.leftovers;
  const uppers = new Set(
    [...plan.entries.map(({ entry }) => entry), ...temporaries, ...times].map(({ branch }) => branch),
  );
  if (plan.leftovers.running) {
    for (const [branch, { role }] of plan.union.branches.entries()) if (role === 'upper') uppers.add(branch);
  }
  return uppers;
}

function begin(site: Site, branch: number): void {
  const { root } = site.layer(branch);
  try {
    // Set anew it would change the root's ctime, which tells whether somebody else has changed the root.
    if (getXattr(root, SELF, RUNNING_XATTR) === undefined)
      setXattr(root, SELF, RUNNING_XATTR, Buffer.from('1'));
  } catch (error) {
    // The mark only shortens the way of a rerun; without the right to set it a rerun leaves harmless attributes.
    if (!isSysError(error, 'EPERM', 'EOPNOTSUPP', 'ENOSPC', 'EDQUOT')) throw writeFailure(error, site.union);
  }
  if (site.inOrder(branch)) return;
  try {
    // Names that a killed run, or somebody's ln, made a moment ago count as there: they must outlive a power cut
    // before an entry goes for them. And somebody's fsync must not take a later change along without the mark.
    syncfs(root);
  } catch (error) {
    throw writeFailure(error, site.union);
  }
}

function end(site: Site, branch: number): void {
  const { root } = site.layer(branch);
  // One fsync takes everything before it along where there is one journal in one order. btrfs logs the synced
  // inode alone: after a power cut the mark was gone and flushed files had their origin and nlink back.
  if (!site.inOrder(branch)) syncfs(root);
  unless(['EPERM', 'EOPNOTSUPP'], () => removeXattr(root, SELF, RUNNING_XATTR));
  fsync(root);
}

function payDebts(site: Site, { leftovers }: Plan): void {
  for (const { branch, name } of leftovers.temporaries) {
    if (isOwnTemporary(name)) removeTemporary(site, branch, name);
  }
  for (const { branch, path } of leftovers.times) payTimes(site, branch, path);
  stripMarks(site, leftovers.marks);
}

function removeTemporary(site: Site, branch: number, name: Bytes): void {
  const workshop = openWorkshop(site, branch);
  try {
    unless(['ENOENT', 'ENOTEMPTY', 'ENOTDIR'], () => rmdir(workshop, name));
  } finally {
    close(workshop);
  }
}

function* batches(entries: readonly EntryPlan[], most: number): Generator<EntryPlan[]> {
  let batch: EntryPlan[] = [];
  let links = 0;
  for (const entry of entries) {
    batch.push(entry);
    links += Math.max(1, entry.link.length);
    if (links < most) continue;
    yield batch;
    batch = [];
    links = 0;
  }
  if (batch.length > 0) yield batch;
}

function outcomeOfRun({ plan, restored, removed, failure }: EntryRun, stopped: boolean): EntryOutcome {
  const why = failure ?? plan.obstacle;
  const unfinished = stopped && plan.remove && !removed;
  // The plan's own list is sorted and there already.
  const made = restored.length === plan.link.length ? plan.link : restored;
  const reason = why ?? (unfinished ? 'the run was stopped before the entry could go' : undefined);
  return { entry: plan.entry, restored: made, removed, reason, attention: why !== undefined };
}

function outcomeOf(entries: readonly EntryOutcome[], directoriesMade: number, stopped: boolean): Outcome {
  const removed = entries.filter((entry) => entry.removed).length;
  return {
    entries: [...entries].sort((a, b) => order(a.entry.name, b.entry.name)),
    linksRestored: entries.reduce((sum, { restored }) => sum + restored.length, 0),
    entriesRemoved: removed,
    entriesKept: entries.length - removed,
    directoriesMade,
    bytesFreed: 0n,
    stopped,
  };
}

const order = (a: Bytes, b: Bytes): number => (a < b ? -1 : a > b ? 1 : 0);
