import type { PlinkMaint } from '../../lock/plink-maint.js';
import type { RawPlink } from '../../scan/aufs/aufs-index.js';
import { lookAtPlink } from '../../scan/mounted-aufs/look-at-plinks.js';
import type { MountedEntry } from '../../scan/mounted-aufs/mounted-aufs-entry.js';
import { allPlinks, walkRoots } from '../../scan/mounted-aufs/mounted-aufs-scan.js';
import type { Shown } from '../../scan/walk/mount-walk.js';
import { OpenDirectories } from '../../union/open-directories.js';
import { linkNames } from './mounted-aufs-link.js';
import { removeWhole } from './mounted-aufs-remove.js';
import type { PlinkRun, Session } from './plink-run.js';

export interface SessionDone {
  readonly runs: readonly PlinkRun[];
  readonly shown: Shown;
  /** The time was up before the end. */
  readonly stopped: boolean;
  /** What ended the work: the branch is full, and the like. */
  readonly failure: unknown;
}

/**
 * Links every name of every pseudo-link, lets the kernel forget them, and removes what is proved whole. All of it
 * is synchronous: every call into the mount is made by the thread that holds the mode.
 */
export function runSession(session: Session, maint: PlinkMaint): SessionDone {
  const directories = new OpenDirectories();
  try {
    return run({ ...session, roots: { ...session.roots, directories } }, directories, maint);
  } finally {
    directories.close();
  }
}

function run(session: Session, directories: OpenDirectories, maint: PlinkMaint): SessionDone {
  const { roots } = session;
  const plinks = allPlinks(roots);
  let { shown } = session;
  let looked = plinks.map((plink) => lookAtPlink(roots, plink, shown));
  if (session.goal === 'flush' && looked.some((each) => isUnsure(each))) {
    // Until the mode was on, a name could move from where the walk had not been yet to where it had.
    const again = walkInTime(session, plinks);
    if (again === undefined) return { runs: looked.map(runOf), shown, stopped: true, failure: undefined };
    shown = again;
    looked = plinks.map((plink) => lookAtPlink(roots, plink, again));
  }
  const runs = looked.map(runOf);
  const done = { runs, shown };
  try {
    for (const each of runs) {
      if (!linkNames(session, directories, each)) return { ...done, stopped: true, failure: undefined };
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

function walkInTime({ roots, expired }: Session, plinks: readonly RawPlink[]): Shown | undefined {
  for (const walk = walkRoots(roots, plinks); ; ) {
    const { done, value } = walk.next();
    if (done === true) return value;
    if (expired()) {
      walk.return(value);
      return undefined;
    }
  }
}
