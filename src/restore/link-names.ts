import { type Bytes, baseOf } from '../sys/bytes.js';
import { sameInode } from '../sys/inode-id.js';
import { link, unlink } from '../sys/names.js';
import { sight } from '../sys/stat.js';
import { isSysError } from '../sys/sys-error.js';
import { withOne } from '../with-one.js';
import { attempt, type EntryRun, failureOfOne } from './entry-run.js';
import type { DirectoryLinks, LinksByDirectory } from './links-by-directory.js';
import type { Pace } from './pace.js';
import type { Site } from './site.js';
import { TouchedDirectory } from './touched-directory.js';
import { WaitingDirectories } from './waiting-directories.js';

/** Makes all names, directory by directory; they are durable when it returns. */
export async function linkNames(site: Site, links: LinksByDirectory, pace: Pace): Promise<void> {
  for (const [branch, directories] of links) {
    const waiting = new WaitingDirectories();
    try {
      for (const path of [...directories.keys()].sort()) {
        linkInto(site, branch, path, directories.get(path) as DirectoryLinks, waiting);
        if (waiting.full) waiting.syncAll();
        if (pace.due) await pace.breathe();
      }
    } finally {
      waiting.syncAll();
    }
  }
}

function linkInto(
  site: Site,
  branch: number,
  parent: Bytes,
  { runs, paths }: DirectoryLinks,
  waiting: WaitingDirectories,
): void {
  let directory: TouchedDirectory;
  try {
    directory = new TouchedDirectory(site, branch, parent);
  } catch (error) {
    const failure = failureOfOne(error);
    for (const run of runs) run.failure ??= failure;
    return;
  }
  waiting.add(directory);
  try {
    for (const [i, run] of runs.entries()) {
      attempt(run, () => linkOne(site, directory.fd, run, paths[i] as Bytes));
    }
  } finally {
    directory.settle();
  }
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
