import { milliseconds } from '../milliseconds.js';
import type { Bytes } from '../sys/bytes.js';
import { sameInode } from '../sys/inode-id.js';
import { unlink } from '../sys/names.js';
import { close, O_NOATIME, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDONLY, openBeneath } from '../sys/open.js';
import { mostOpenFiles } from '../sys/resource-limits.js';
import { isRegular, type Sight, sight } from '../sys/stat.js';
import { fsync } from '../sys/sync.js';
import { isSysError, SysError } from '../sys/sys-error.js';
import { attempt, attemptLong, type EntryRun } from './entry-run.js';
import { type HydrateOptions, hydrate } from './hydrate.js';
import { hydrateFailure } from './hydrate-failure.js';
import type { Pace } from './pace.js';
import { stripInode } from './repair/strip-marks.js';
import { SELF, type Site } from './site.js';

/**
 * Inodes that wait, open, until the removal of their entries is durable: an fsync of the index for so many. Half of what
 * the process may have open where that is less.
 */
const OPEN_INODES = 4096;

const ENOENT = 2;

/** An inode without its entry, and the descriptor through which its marks go; -1 where it carries none. */
interface Leaving {
  readonly run: EntryRun;
  readonly fd: number;
}

/** Milliseconds between two looks at whether the union is still free: one takes one or two. */
const ASKED_EVERY_MS = 1000;

/**
 * Removes the entries that are to go and have every name; then, durably, what told of them.
 *
 * @param stillFree - throws where somebody has mounted the union
 */
export async function removeEntries(
  site: Site,
  runs: readonly EntryRun[],
  pace: Pace,
  stillFree?: () => void,
): Promise<void> {
  const leaving: Leaving[] = [];
  const indexes = new Set<number>();
  const most = Math.min(OPEN_INODES, Math.floor(mostOpenFiles() / 2));
  let asked = Number.NEGATIVE_INFINITY;
  const ask = (): void => {
    if (milliseconds() - asked < ASKED_EVERY_MS) return;
    stillFree?.();
    asked = milliseconds();
  };
  try {
    for (const run of runs) {
      if (!run.plan.remove || run.failure !== undefined) continue;
      ask();
      if (run.plan.hydrate) {
        await attemptLong(run, () => giveData(site, run, { pace, stillFree }));
        // Of a large file that took minutes.
        ask();
      }
      attempt(run, () => removeOne(site, run, leaving, indexes));
      if (leaving.length >= most) strip(site, leaving, indexes);
      if (pace.due) await pace.breathe();
    }
  } finally {
    strip(site, leaving, indexes);
  }
}

function removeOne(site: Site, run: EntryRun, leaving: Leaving[], indexes: Set<number>): void {
  const { entry, linksAfter } = run.plan;
  const index = site.index(entry.branch);
  const now = sight(index, entry.name);
  if (now === undefined) throw new SysError('statx', ENOENT, entry.name);
  if (!sameInode(now, entry.inode) || now.nlink !== linksAfter) {
    run.failure = `has ${now.nlink} links where ${linksAfter} were expected: somebody changed the branch meanwhile`;
    return;
  }
  const fd = site.prefix === undefined ? -1 : openInode(index, entry.name, now);
  leaving.push({ run, fd });
  unlink(index, entry.name);
  run.removed = true;
  indexes.add(index);
}

/** For what an inode's marks are taken away through: open to be read they go in half the time. */
function openInode(index: number, name: Bytes, facts: Sight): number {
  if (isRegular(facts)) {
    try {
      return openBeneath(index, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME);
    } catch (error) {
      // Encrypted, leased, not ours: none of that keeps the marks from going.
      if (!isSysError(error) || error.code === 'EIO') throw error;
    }
  }
  return openBeneath(index, name, O_PATH | O_NOFOLLOW);
}

/** Gives the inode data of its own. */
async function giveData(site: Site, run: EntryRun, options: HydrateOptions): Promise<void> {
  const { entry } = run.plan;
  try {
    await hydrate(site, entry.branch, entry.name, options);
  } catch (error) {
    run.failure = hydrateFailure(error, entry.inode.size);
    if (run.failure === undefined) throw error;
  }
}

/** After the entries' removal is durable the inodes lose what told of them. */
function strip(site: Site, leaving: Leaving[], indexes: Set<number>): void {
  const batch = leaving.splice(0);
  try {
    for (const index of indexes) fsync(index);
    indexes.clear();
    for (const { fd, run } of batch) if (fd >= 0 && run.removed) stripInode(site, fd, SELF);
  } finally {
    for (const { fd } of batch) if (fd >= 0) close(fd);
  }
}
