import { sameFile } from '../../scan/findings/same-data.js';
import { RUNNING_XATTR, TEMPORARY_PREFIX } from '../../scan/own-marks.js';
import type { RepairAction, ReplacedName, SeenSpot } from '../../scan/repair-action.js';
import type { Finding } from '../../scan/result.js';
import { chmod } from '../../sys/attributes.js';
import { type Bytes, baseOf, parentOf } from '../../sys/bytes.js';
import { sameInode } from '../../sys/inode-id.js';
import { link, rename, unlink } from '../../sys/names.js';
import { close, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDONLY, openBeneath, withFd } from '../../sys/open.js';
import { randomHex } from '../../sys/random-hex.js';
import { isDirectory, stat, statIfThere } from '../../sys/stat.js';
import { fsync, syncfs } from '../../sys/sync.js';
import { isSysError, SysError, unless } from '../../sys/sys-error.js';
import { getXattr, removeXattr, setXattr } from '../../sys/xattr.js';
import { makeDirectories, openWorkshop } from '../directories.js';
import { linkFailure } from '../link-failure.js';
import { removeTree } from '../remove-tree.js';
import type { Rescue } from '../rescue/rescue.js';
import { SELF } from '../site.js';
import { TouchedDirectory } from '../touched-directory.js';
import { writeFailure } from '../write-failure.js';
import { keepIn } from './lost-and-found.js';
import { type Found, type RepairSite, SpotChanged } from './repair-site.js';
import { stripInode } from './strip-marks.js';

/** One repair to carry out. */
export interface Repair {
  readonly finding: Finding;
  readonly action: RepairAction;
}

/** What became of one repair. */
export interface RepairOutcome {
  readonly finding: Finding;
  readonly done: boolean;
  /** Why not. */
  readonly reason: string | undefined;
  /** Where what had no place any more is kept. */
  readonly kept: readonly Bytes[];
}

/** Failures of the file system as a whole. */
const FATAL = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ENOMEM', 'EMFILE', 'ENFILE', 'EUCLEAN'] as const;

/**
 * Carries out one repair, whole and durable, or not at all; stopped in the middle, a rerun finds what is left.
 * Everything is looked at again first: another file under the name by now is left alone.
 *
 * @throws Problem operational where the file system refuses in a way that concerns every repair
 */
export function carryOut(
  at: RepairSite,
  rescue: Rescue | undefined,
  { finding, action }: Repair,
): RepairOutcome {
  const kept: Bytes[] = [];
  try {
    perform({ at, rescue, finding, kept }, action);
    return { finding, done: true, reason: undefined, kept };
  } catch (error) {
    if (error instanceof SpotChanged || error instanceof HoldsNoData) {
      return { finding, done: false, reason: error.message, kept };
    }
    if (!(error instanceof SysError) || isSysError(error, ...FATAL)) throw writeFailure(error, at.site.union);
    return { finding, done: false, reason: linkFailure(error), kept };
  }
}

/** A file that is to be kept has its data in a lower, and would be kept as zeros. */
class HoldsNoData extends Error {
  readonly code = 'HOLDS_NO_DATA' as const;
  override readonly name = 'HoldsNoData';
}

interface Run {
  readonly at: RepairSite;
  readonly rescue: Rescue | undefined;
  readonly finding: Finding;
  readonly kept: Bytes[];
}

function perform(run: Run, action: RepairAction): void {
  const { at } = run;
  if (action.kind === 'flush' || action.kind === 'settle') throw new Error(`${action.kind} is done by apply`);
  if (action.kind === 'link') {
    within(at.find(action.from), (from) => {
      const { root } = at.site.layer(action.from.branch);
      // Tells a later scan to look for what an interruption leaves: temporary names, and times still owed.
      const marked = unless(['EPERM', 'EOPNOTSUPP'], () => {
        setXattr(root, SELF, RUNNING_XATTR, Buffer.from('1'));
        return true;
      });
      linkGroup(run, action, from);
      if (marked === true) removeXattr(root, SELF, RUNNING_XATTR);
    });
    return;
  }
  within(at.find(action.at), ({ dirfd, name }) => {
    switch (action.kind) {
      case 'rescue':
        moveOut(run, action.at, dirfd, name);
        break;
      case 'remove':
        removeTree(dirfd, name);
        break;
      case 'set-attribute':
        setXattr(dirfd, name, action.attribute, Buffer.from(action.value, 'hex'));
        break;
      case 'remove-attribute':
        removeXattr(dirfd, name, action.attribute);
        break;
      case 'chmod':
        withFd(openBeneath(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK), (fd) => chmod(fd, action.mode));
        break;
      case 'enter':
        link(dirfd, name, at.site.index(action.at.branch), action.entry);
        break;
    }
    // An xattr is in its own inode, which a directory's fsync does not reach.
    syncfs(dirfd);
  });
}

function moveOut(run: Run, spot: SeenSpot, dirfd: number, name: Bytes): void {
  keep(run, spot, { dirfd, name });
  takingMarks(run.at, dirfd, name, () => {
    removeTree(dirfd, name);
    fsync(dirfd);
  });
}

function within(found: Found, body: (found: Found) => void): void {
  try {
    body(found);
  } finally {
    found.close();
  }
}

function keep(
  { at, rescue, finding, kept }: Run,
  spot: Parameters<RepairSite['pathOf']>[0],
  { dirfd, name }: Pick<Found, 'dirfd' | 'name'>,
): void {
  if (rescue === undefined) throw new Error('a repair that needs a rescue directory has none');
  const { prefix } = at.site;
  if (prefix !== undefined && getXattr(dirfd, name, `${prefix}metacopy`) !== undefined) {
    throw new HoldsNoData('its data was never copied to the upper: there is nothing to rescue');
  }
  const { code, message } = finding;
  kept.push(keepIn(rescue, { dirfd, name, from: at.pathOf(spot), code, message }));
}

/**
 * Runs `body`, which takes a kept file's name away durably, and then takes the overlay's marks off an inode that has one
 * name left: with its origin, a rescued file that came back into an upper would pass for a copy-up of that lower file.
 */
function takingMarks({ site }: RepairSite, dirfd: number, name: Bytes, body: () => void): void {
  if (site.prefix === undefined || isDirectory(stat(dirfd, name))) {
    body();
    return;
  }
  withFd(openBeneath(dirfd, name, O_PATH | O_NOFOLLOW), (fd) => {
    body();
    if (stat(fd, SELF).nlink === 1) stripInode(site, fd, SELF);
  });
}

function linkGroup(
  run: Run,
  { from, to, replace, directories }: Extract<RepairAction, { kind: 'link' }>,
  source: Found,
): void {
  const { site } = run.at;
  for (const directory of directories) {
    const needed = to.some((path) => path.startsWith(`${directory.path}/`));
    if (!needed) continue;
    makeDirectories(site, from.branch, [directory], (_, error) => {
      if (error !== undefined) throw error;
    });
  }
  for (const path of to) {
    inTouched(run.at, from.branch, path, (dirfd, name) => {
      try {
        link(source.dirfd, source.name, dirfd, name);
      } catch (error) {
        const there = isSysError(error, 'EEXIST') ? statIfThere(dirfd, name) : undefined;
        // An interrupted run made it.
        if (there === undefined || !sameInode(there, from.inode)) throw error;
      }
    });
  }
  for (const name of replace) replaceName(run, from.branch, source, name);
}

function replaceName(run: Run, branch: number, source: Found, old: ReplacedName): void {
  const { at } = run;
  within(at.find(old), (found) => {
    const { dirfd, name } = found;
    if (old.same) {
      if (!sameFile(source, found)) throw new SpotChanged('is not the same any more, and is kept');
      linkOver(at, branch, source, old.path);
      return;
    }
    // Another name of it in the upper stays what it is: then a copy is kept.
    const alone = stat(dirfd, name).nlink === 1;
    keep(run, old, found);
    if (alone) takingMarks(at, dirfd, name, () => linkOver(at, branch, source, old.path));
    else linkOver(at, branch, source, old.path);
  });
}

/** Puts a link of a file in the place of a name, durably and at one stroke. */
function linkOver(at: RepairSite, branch: number, source: Found, path: Bytes): void {
  const scratch = openWorkshop(at.site, branch);
  const temporary = `${TEMPORARY_PREFIX}${randomHex(8)}` as Bytes;
  try {
    link(source.dirfd, source.name, scratch, temporary);
    try {
      inTouched(at, branch, path, (dirfd, name) => rename(scratch, temporary, dirfd, name));
    } catch (error) {
      unlink(scratch, temporary);
      throw error;
    }
  } finally {
    close(scratch);
  }
}

function inTouched(
  at: RepairSite,
  branch: number,
  path: Bytes,
  act: (dirfd: number, name: Bytes) => void,
): void {
  const directory = new TouchedDirectory(at.site, branch, parentOf(path));
  try {
    act(directory.fd, baseOf(path));
  } finally {
    directory.finish();
  }
}
