import type { PlinkMaint } from '../lock/plink-maint.js';
import type { RawPlink } from '../scan/aufs-index.js';
import { lookAtPlink, type MountedRoots } from '../scan/look-at-plinks.js';
import { type Shown, walkMount } from '../scan/mount-walk.js';
import type { MountedEntry } from '../scan/mounted-aufs-entry.js';
import { allPlinks, numbersOf } from '../scan/mounted-aufs-scan.js';
import type { Bytes } from '../sys/bytes.js';
import { sameInode } from '../sys/inode-id.js';
import { unlink } from '../sys/names.js';
import { withFd } from '../sys/open.js';
import { statIfThere } from '../sys/stat.js';
import { fsync, syncfs } from '../sys/sync.js';
import { isSysError, SysError } from '../sys/sys-error.js';
import { PLINK_DIRECTORY } from '../union/aufs-names.js';
import { openQuietly } from '../union/open-layer-directory.js';
import { linkFailure } from './link-failure.js';
import { touchName } from './mounted-aufs-touch.js';

/** One pseudo-link on its way. */
export interface PlinkRun {
  /** As it was when the work began. */
  readonly before: MountedEntry;
  /** As it is after the links. */
  after: MountedEntry;
  readonly restored: Bytes[];
  removed: boolean;
  failure: string | undefined;
}

/** What is to be done while the maintenance mode is on. */
export interface Session {
  readonly roots: MountedRoots;
  readonly goal: 'restore' | 'flush';
  /** The names that were found before the mode was entered. */
  readonly shown: Shown;
  /** Something of the union is out of sight: the kernel must not forget its pseudo-links. */
  readonly outOfSight: boolean;
  /** Whether the time is up; asked between names. */
  expired(): boolean;
}

export interface SessionDone {
  readonly runs: readonly PlinkRun[];
  readonly shown: Shown;
  /** The time was up before the end. */
  readonly stopped: boolean;
  /** What ended the work: the branch is full, and the like. */
  readonly failure: unknown;
}

/** Failures of a branch as a whole: going on would only repeat them. */
const FATAL = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ENOMEM', 'EMFILE', 'ENFILE', 'EUCLEAN'] as const;

/**
 * Links every name of every pseudo-link, lets the kernel forget them, and removes what is proved whole. All of it
 * is synchronous: every call into the mount is made by the thread that holds the mode.
 */
export function runSession(session: Session, maint: PlinkMaint): SessionDone {
  const { roots } = session;
  const plinks = allPlinks(roots);
  let { shown } = session;
  let looked = plinks.map((plink) => lookAtPlink(roots, plink, shown));
  if (session.goal === 'flush' && looked.some((each) => isUnsure(each))) {
    // Until the mode was on, a name could move from where the walk had not been yet to where it had.
    const again = walkInTime(session, numbersOf(plinks));
    if (again === undefined) return { runs: looked.map(runOf), shown, stopped: true, failure: undefined };
    shown = again;
    looked = plinks.map((plink) => lookAtPlink(roots, plink, again));
  }
  const runs = looked.map(runOf);
  const done = { runs, shown };
  try {
    for (const run of runs) {
      if (!linkNames(session, run)) return { ...done, stopped: true, failure: undefined };
    }
    if (session.goal === 'flush') removeWhole(session, runs, shown, maint);
    return { ...done, stopped: false, failure: undefined };
  } catch (error) {
    return { ...done, stopped: false, failure: error };
  }
}

function runOf(entry: MountedEntry): PlinkRun {
  return { before: entry, after: entry, restored: [], removed: false, failure: undefined };
}

/** Whether there may be a name that was not found. */
function isUnsure({ plink, names, accounted }: MountedEntry): boolean {
  return plink.plink !== undefined && (names.length === 0 || !accounted);
}

function walkInTime({ roots, expired }: Session, numbers: ReadonlySet<bigint>): Shown | undefined {
  for (const walk = walkMount(roots.mount, numbers); ; ) {
    const { done, value } = walk.next();
    if (done === true) return value;
    if (expired()) {
      walk.return(value);
      return undefined;
    }
  }
}

/** @returns false where the time is up */
function linkNames({ roots, shown, expired }: Session, run: PlinkRun): boolean {
  const { entry, plink } = run.before;
  if (entry.state !== 'restorable') return !expired();
  for (const { path } of entry.missing) {
    if (expired()) return false;
    try {
      if (touchName(roots.mount, path, plink.plink?.unionInode ?? 0n)) run.restored.push(path);
    } catch (error) {
      if (!(error instanceof SysError) || isSysError(error, ...FATAL)) throw error;
      run.failure = linkFailure(error);
      break;
    }
    const is = lookAtPlink(roots, plink, only(shown, plink, path)).names[0]?.is;
    if (is === 'entry') continue;
    // Another name of the same entry would go the same way.
    if (run.restored.at(-1) === path) run.restored.pop();
    run.failure = `the kernel did not link /${path} to it: it may be a leftover of an earlier mount`;
    break;
  }
  return true;
}

function only(shown: Shown, { plink }: RawPlink, path: Bytes): Shown {
  return { ...shown, paths: new Map(plink === undefined ? [] : [[plink.unionInode, [path]]]) };
}

function removeWhole(session: Session, runs: readonly PlinkRun[], shown: Shown, maint: PlinkMaint): void {
  const { roots, outOfSight } = session;
  const plinks = new Map(allPlinks(roots).map((plink) => [keyOf(plink), plink]));
  for (const run of runs) {
    const plink = plinks.get(keyOf(run.before.plink));
    plinks.delete(keyOf(run.before.plink));
    if (plink === undefined || !sameInode(plink.stat, run.before.plink.stat)) {
      run.failure ??= 'the entry is another one than when the work began';
    } else if (run.before.entry.state === 'restorable' || run.before.entry.state === 'complete') {
      run.after = lookAtPlink(roots, plink, shown);
    }
  }
  const whole = runs.filter(isWhole);
  const waiting = runs.some((run) => run.after.mayBeLive && !isWhole(run));
  for (const { layer } of branchesOf(roots, whole)) syncfs(layer.root);
  // While the kernel still needs one pseudo-link it must not forget any: a name that is not linked yet would show,
  // and the next writer would copy up, what the file was before.
  if (!waiting && plinks.size === 0 && !outOfSight && whole.length > 0) maint.clean();
  for (const { layer, runs: own } of branchesOf(roots, whole)) {
    withFd(openQuietly(layer.root, PLINK_DIRECTORY), (fd) => {
      for (const run of own) removeEntry(fd, run);
      fsync(fd);
    });
  }
}

/** Every name was seen to be the entry's inode, its link count says the same, and it is no leftover. */
function isWhole({ after, restored, failure }: PlinkRun): boolean {
  const { entry, names, plink } = after;
  if (failure !== undefined || entry.state !== 'complete') return false;
  if (plink.stat.nlink !== 1 + names.length) return false;
  // A name that the kernel linked at a touch proves that the pseudo-link is one of this mount.
  const blind = after.blind.length > 0 && !after.accounted;
  return entry.aufs?.obstacle === undefined || (restored.length > 0 && !blind);
}

function removeEntry(fd: number, run: PlinkRun): void {
  const { plink } = run.after;
  const now = statIfThere(fd, plink.name);
  if (now === undefined || !sameInode(now, plink.stat) || now.nlink !== plink.stat.nlink) {
    run.failure = 'its links changed while it was looked at';
    return;
  }
  unlink(fd, plink.name);
  run.removed = true;
}

function branchesOf({ layers }: MountedRoots, runs: readonly PlinkRun[]) {
  return layers
    .map((layer) => ({ layer, runs: runs.filter(({ before }) => before.plink.branch === layer.branch) }))
    .filter((each) => each.runs.length > 0);
}

function keyOf({ branch, name }: RawPlink): string {
  return `${branch}/${name}`;
}
