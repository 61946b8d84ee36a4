import { type Bytes, baseOf } from '../sys/bytes.js';
import { sameInode } from '../sys/inode-id.js';
import { link, unlink } from '../sys/names.js';
import { mostOpenFiles } from '../sys/open-files.js';
import { sight } from '../sys/stat.js';
import { isSysError } from '../sys/sys-error.js';
import { withOne } from '../with-one.js';
import { attempt, type EntryRun, failureOfOne } from './entry-run.js';
import type { DirectoryLinks, LinksByDirectory } from './links-by-directory.js';
import type { Pace } from './pace.js';
import type { Site } from './site.js';
import { TouchedDirectory } from './touched-directory.js';

/**
 * Directories that wait, open, for their fsync. The first one's takes the others' changes along on a file system with
 * one journal: the rest have nothing left to do. One after each directory's links cost 500 commits for 50,000 links.
 * Half of what the process may have open where that is less.
 */
const OPEN_DIRECTORIES = 256;

/** Makes all names, directory by directory; they are durable when it returns. */
export async function linkNames(site: Site, links: LinksByDirectory, pace: Pace): Promise<void> {
  const most = Math.min(OPEN_DIRECTORIES, Math.floor(mostOpenFiles() / 2));
  for (const [branch, directories] of links) {
    const waiting: TouchedDirectory[] = [];
    try {
      for (const path of [...directories.keys()].sort()) {
        linkInto(site, branch, path, directories.get(path) as DirectoryLinks, waiting);
        if (waiting.length >= most) syncAll(waiting);
        if (pace.due) await pace.breathe();
      }
    } finally {
      syncAll(waiting);
    }
  }
}

function linkInto(
  site: Site,
  branch: number,
  parent: Bytes,
  { runs, paths }: DirectoryLinks,
  waiting: TouchedDirectory[],
): void {
  let directory: TouchedDirectory;
  try {
    directory = new TouchedDirectory(site, branch, parent);
  } catch (error) {
    const failure = failureOfOne(error);
    for (const run of runs) run.failure ??= failure;
    return;
  }
  waiting.push(directory);
  try {
    for (const [i, run] of runs.entries()) {
      attempt(run, () => linkOne(site, directory.fd, run, paths[i] as Bytes));
    }
  } finally {
    directory.settle();
  }
}

/** Every one is synced and closed, whatever becomes of the others; the first failure is thrown in the end. */
function syncAll(waiting: TouchedDirectory[]): void {
  const failures: unknown[] = [];
  for (const directory of waiting.splice(0)) {
    try {
      directory.sync();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

function linkOne(site: Site, dirfd: number, run: EntryRun, path: Bytes): void {
  const { entry } = run.plan;
  const name = baseOf(path);
  const index = site.index(entry.branch);
  try {
    link(index, entry.name, dirfd, name);
  } catch (error) {
    if (!isSysError(error, 'EEXIST')) throw error;
    const there = sight(dirfd, name);
    // An interrupted run made it: there is nothing left to do for this name.
    if (there !== undefined && sameInode(there, entry.inode)) return;
    throw error;
  }
  const made = sight(dirfd, name);
  if (made === undefined || !sameInode(made, entry.inode)) {
    // Taken back only if it is what the index holds now: a file that somebody has just put there stays his.
    const swapped = sight(index, entry.name);
    if (made !== undefined && swapped !== undefined && sameInode(made, swapped)) unlink(dirfd, name);
    run.failure = 'the entry or its new name was replaced by another file while it was linked';
    return;
  }
  run.restored = withOne(run.restored, path);
}
