import type { MissingDirectory } from '../scan/result.js';
import { type Bytes, baseOf, parentOf } from '../sys/bytes.js';
import { sameInode } from '../sys/inode-id.js';
import { link, unlink } from '../sys/names.js';
import { close, O_NOFOLLOW, O_PATH, openBeneath } from '../sys/open.js';
import { stat, statIfThere } from '../sys/stat.js';
import { fsync } from '../sys/sync.js';
import { isSysError, SysError } from '../sys/sys-error.js';
import { setXattr } from '../sys/xattr.js';
import { makeDirectories } from './directories.js';
import { hydrate } from './hydrate.js';
import { linkFailure } from './link-failure.js';
import type { EntryPlan, Plan } from './plan-types.js';
import { stripInode } from './repair/strip-marks.js';
import { SELF, type Site } from './site.js';
import { TouchedDirectory } from './touched-directory.js';

/** One entry on its way. */
export interface EntryRun {
  readonly plan: EntryPlan;
  readonly restored: Bytes[];
  removed: boolean;
  /** Why it stays behind its plan. */
  failure: string | undefined;
}

/** What a batch did; `failure` ends the whole run. */
export interface BatchDone {
  readonly runs: readonly EntryRun[];
  readonly directoriesMade: number;
  readonly failure: unknown;
}

/** Failures of the file system as a whole: going on would only repeat them. */
const FATAL = [
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EIO',
  'ENOMEM',
  'EMFILE',
  'ENFILE',
  'EUCLEAN',
  'EACCES',
] as const;

/** Milliseconds of work between two breaths of the event loop (lock heartbeat, progress line). */
const BREATH_MS = 40;

/** Links, counts and only then removes the entries of one batch. */
export async function runBatch(
  site: Site,
  plan: Plan,
  entries: readonly EntryPlan[],
  made: Set<string>,
): Promise<BatchDone> {
  const runs: EntryRun[] = entries.map((each) => ({
    plan: each,
    restored: [],
    removed: false,
    failure: undefined,
  }));
  const touched = new Set<number>();
  let directoriesMade = 0;
  let failure: unknown;
  try {
    verifyEntries(site, runs);
    directoriesMade = makeNeeded(site, plan, runs, made);
    promise(site, runs);
    await linkAll(site, runs);
    settle(site, runs);
    remove(site, runs, touched);
  } catch (error) {
    failure = error;
  }
  return { runs, directoriesMade, failure };
}

/** Does one entry's step; a failure that concerns the entry alone is noted on it. */
function attempt(run: EntryRun, step: () => void): void {
  if (run.failure !== undefined) return;
  try {
    step();
  } catch (error) {
    if (!(error instanceof SysError) || isSysError(error, ...FATAL)) throw error;
    run.failure = linkFailure(error);
  }
}

function verifyEntries(site: Site, runs: readonly EntryRun[]): void {
  for (const run of runs) {
    const { entry } = run.plan;
    const now = statIfThere(site.index(entry.branch), entry.name);
    if (now === undefined) run.failure = 'the entry is gone since it was looked at';
    else if (!sameInode(now, entry.inode)) run.failure = 'the entry is another file since it was looked at';
    else if (now.nlink !== entry.inode.nlink) run.failure = 'its links changed since it was looked at';
  }
}

function makeNeeded(site: Site, plan: Plan, runs: readonly EntryRun[], made: Set<string>): number {
  const needed = new Map<string, EntryRun[]>();
  for (const run of runs) {
    if (run.failure !== undefined) continue;
    for (const path of run.plan.link) {
      for (let at = parentOf(path); at !== ''; at = parentOf(at)) {
        const key = `${run.plan.entry.branch}:${at}`;
        const users = needed.get(key);
        if (users === undefined) needed.set(key, [run]);
        else users.push(run);
      }
    }
  }
  let count = 0;
  for (const branch of new Set(runs.map(({ plan: { entry } }) => entry.branch))) {
    const missing = plan.directories.filter(({ path }) => {
      const key = `${branch}:${path}`;
      return needed.has(key) && !made.has(key);
    });
    for (const siblings of bySiblings(missing)) {
      count += makeDirectories(site, branch, siblings, ({ path }, error) => {
        if (error === undefined) made.add(`${branch}:${path}`);
        else if (!(error instanceof SysError) || isSysError(error, ...FATAL)) throw error;
        else for (const run of needed.get(`${branch}:${path}`) ?? []) run.failure ??= linkFailure(error);
      });
    }
  }
  return count;
}

/** Directories of one parent together, parents before children. */
function bySiblings(directories: readonly MissingDirectory[]): MissingDirectory[][] {
  const groups = new Map<Bytes, MissingDirectory[]>();
  for (const directory of directories) {
    const parent = parentOf(directory.path);
    const group = groups.get(parent);
    if (group === undefined) groups.set(parent, [directory]);
    else group.push(directory);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

// The L form tells the count relative to the lower inode, which links in the upper do not change: right at every
// instant while they are added, and after a stop between any two.
function promise(site: Site, runs: readonly EntryRun[]): void {
  for (const run of runs) {
    const { nlinkBefore } = run.plan;
    if (nlinkBefore !== undefined) attempt(run, () => setNlink(site, run, nlinkBefore));
  }
}

function setNlink(site: Site, { plan: { entry } }: EntryRun, value: string): void {
  if (site.prefix === undefined) return;
  setXattr(site.index(entry.branch), entry.name, `${site.prefix}nlink`, Buffer.from(value, 'latin1'));
}

async function linkAll(site: Site, runs: readonly EntryRun[]): Promise<void> {
  const work: { run: EntryRun; path: Bytes; parent: Bytes }[] = [];
  for (const run of runs) {
    if (run.failure !== undefined) continue;
    for (const path of run.plan.link) work.push({ run, path, parent: parentOf(path) });
  }
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  work.sort((a, b) => a.run.plan.entry.branch - b.run.plan.entry.branch || order(a.parent, b.parent));
  let last = performance.now();
  for (let i = 0; i < work.length; ) {
    const first = work[i];
    if (first === undefined) break;
    const { branch } = first.run.plan.entry;
    let end = i;
    while (work[end]?.parent === first.parent && work[end]?.run.plan.entry.branch === branch) end += 1;
    linkInto(site, branch, first.parent, work.slice(i, end));
    i = end;
    if (performance.now() - last < BREATH_MS) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    last = performance.now();
  }
}

function linkInto(
  site: Site,
  branch: number,
  parent: Bytes,
  work: readonly { readonly run: EntryRun; readonly path: Bytes }[],
): void {
  let directory: TouchedDirectory;
  try {
    directory = new TouchedDirectory(site, branch, parent);
  } catch (error) {
    if (!(error instanceof SysError) || isSysError(error, ...FATAL)) throw error;
    for (const { run } of work) run.failure ??= linkFailure(error);
    return;
  }
  try {
    for (const { run, path } of work) attempt(run, () => linkOne(site, directory.fd, run, path));
  } finally {
    directory.finish();
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
    const there = statIfThere(dirfd, name);
    // An interrupted run made it: there is nothing left to do for this name.
    if (there !== undefined && sameInode(there, entry.inode)) return;
    throw error;
  }
  const made = statIfThere(dirfd, name);
  if (made === undefined || !sameInode(made, entry.inode)) {
    // Taken back only if it is what the index holds now: a file that somebody has just put there stays his.
    const swapped = statIfThere(index, entry.name);
    if (made !== undefined && swapped !== undefined && sameInode(made, swapped)) unlink(dirfd, name);
    run.failure = 'the entry or its new name was replaced by another file while it was linked';
    return;
  }
  run.restored.push(path);
}

function settle(site: Site, runs: readonly EntryRun[]): void {
  for (const run of runs) {
    const { nlinkAfter } = run.plan;
    if (nlinkAfter !== undefined) attempt(run, () => setNlink(site, run, nlinkAfter));
  }
}

function remove(site: Site, runs: readonly EntryRun[], indexes: Set<number>): void {
  const leaving: { run: EntryRun; fd: number }[] = [];
  try {
    for (const run of runs) {
      const { entry, remove: wanted, linksAfter } = run.plan;
      if (!wanted || run.failure !== undefined) continue;
      attempt(run, () => {
        if (run.plan.hydrate) hydrate(site, entry.branch, entry.name);
        const index = site.index(entry.branch);
        const now = stat(index, entry.name);
        if (!sameInode(now, entry.inode) || now.nlink !== linksAfter) {
          run.failure = `has ${now.nlink} links where ${linksAfter} were expected: somebody changed the branch meanwhile`;
          return;
        }
        const keepsMarks = site.prefix !== undefined;
        const fd = keepsMarks ? openBeneath(index, entry.name, O_PATH | O_NOFOLLOW) : -1;
        leaving.push({ run, fd });
        unlink(index, entry.name);
        run.removed = true;
        indexes.add(index);
        if (leaving.length >= 256) strip(site, leaving, indexes);
      });
    }
  } finally {
    strip(site, leaving, indexes);
  }
}

/** After the entries' removal is durable the inodes lose what told of them. */
function strip(site: Site, leaving: { run: EntryRun; fd: number }[], indexes: Set<number>): void {
  const batch = leaving.splice(0);
  try {
    for (const index of indexes) fsync(index);
    indexes.clear();
    for (const { fd, run } of batch) if (fd >= 0 && run.removed) stripInode(site, fd, SELF);
  } finally {
    for (const { fd } of batch) if (fd >= 0) close(fd);
  }
}
