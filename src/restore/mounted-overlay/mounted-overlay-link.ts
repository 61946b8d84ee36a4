import type { IndexEntry } from '../../scan/result.js';
import { setAtime } from '../../sys/attributes.js';
import { type Bytes, baseOf, parentOf } from '../../sys/bytes.js';
import { type InodeId, inodeOf, sameInode } from '../../sys/inode-id.js';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, openBeneath, withFd } from '../../sys/open.js';
import { type Stat, stat, statIfThere } from '../../sys/stat.js';
import { isSysError, SysError } from '../../sys/sys-error.js';
import { openLongPath } from '../../union/open-layer-directory.js';
import { concernsAll } from '../concerns-all.js';
import { linkFailure } from '../link-failure.js';
import { shows } from '../shows.js';
import { SELF } from '../site.js';
import type { MountedOverlay } from './mounted-overlay-mount.js';

/**
 * What became of one name: `linked` by this call, `there` already, `gone` (its users renamed, removed or replaced
 * it), or why not.
 */
export type NameOutcome = 'linked' | 'there' | 'gone' | { readonly failure: string };

/**
 * Makes the kernel link one name of an entry, by a change that changes nothing: the atime is set to what it is.
 * The kernel's copy-up then finds the inode copied already and links it (ovl_setattr, ovl_link_up). Opening for
 * writing does the same, but for that instant nobody could execute the file, and watchers would be told of a write.
 *
 * Everything goes through one descriptor of the name, looked at first; a name that is taken away or replaced
 * meanwhile is left to whoever did it.
 *
 * @param anchor - the inode as the mount shows it for a name that is known to be the entry's
 * @throws SysError for failures of the file system as a whole
 */
export function linkThroughMount(
  mounted: MountedOverlay,
  entry: IndexEntry,
  path: Bytes,
  anchor: InodeId | undefined,
): NameOutcome {
  try {
    if (isLinked(mounted, entry, path)) return 'there';
    return withFd(openName(mounted.root, path), (fd) => {
      const now = stat(fd, SELF);
      const ours = shows(fd, mounted.index, entry.name) && (anchor === undefined || sameInode(now, anchor));
      if (!ours) return notOurs(mounted, path);
      // Asked for anew: somebody may read the file all the time.
      setAtime(fd, stat(fd, SELF).atime);
      if (isLinked(mounted, entry, path)) return 'linked';
      return notLinked(mounted, path, now);
    });
  } catch (error) {
    if (isSysError(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return 'gone';
    if (!(error instanceof SysError)) throw error;
    if (error.syscall === 'utimensat' && (error.code === 'EACCES' || concernsAll(error))) {
      throw new SysError(error.syscall, error.errno, path, { cause: error });
    }
    if (error.code === 'EXDEV' && error.syscall === 'openat2') {
      return { failure: 'another file system is mounted on a directory of its path, inside of the overlay' };
    }
    return { failure: linkFailure(error) };
  }
}

/** The inode as the mount shows it, by the first name of the entry that still is one. */
export function anchorOf(mounted: MountedOverlay, entry: IndexEntry): InodeId | undefined {
  for (const path of entry.names) {
    try {
      if (!isLinked(mounted, entry, path)) continue;
      return withFd(openName(mounted.root, path), (fd) =>
        shows(fd, mounted.index, entry.name) ? inodeOf(stat(fd, SELF)) : undefined,
      );
    } catch (error) {
      if (!isSysError(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV')) throw error;
    }
  }
  return undefined;
}

function openName(root: number, path: Bytes): number {
  return inParent(root, path, (fd, name) => openBeneath(fd, name, O_PATH | O_NOFOLLOW));
}

/** openat2 takes a path of 4095 bytes; a deep one is opened in pieces. */
function inParent<T>(root: number, path: Bytes, act: (fd: number, name: Bytes) => T): T {
  const PIECE = 4000;
  if (path.length <= PIECE) return act(root, path);
  const cut = path.lastIndexOf('/', PIECE);
  const parent = openBeneath(root, path.slice(0, cut) as Bytes, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  return withFd(parent, (fd) => inParent(fd, path.slice(cut + 1) as Bytes, act));
}

function upperOf(mounted: MountedOverlay, path: Bytes): Stat | undefined {
  try {
    return withFd(openLongPath(mounted.upper, parentOf(path)), (fd) => statIfThere(fd, baseOf(path)));
  } catch (error) {
    if (isSysError(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

function isLinked(mounted: MountedOverlay, entry: IndexEntry, path: Bytes): boolean {
  const there = upperOf(mounted, path);
  return there !== undefined && sameInode(there, entry.inode);
}

/** Whatever is in the upper there, a whiteout included, its users have put there since the scan. */
function notOurs(mounted: MountedOverlay, path: Bytes): NameOutcome {
  return upperOf(mounted, path) === undefined
    ? { failure: `the mount shows another file at /${path}` }
    : 'gone';
}

function notLinked(mounted: MountedOverlay, path: Bytes, was: InodeId): NameOutcome {
  const still = withFd(openName(mounted.root, path), (fd) => sameInode(stat(fd, SELF), was));
  return still && upperOf(mounted, path) === undefined ? { failure: 'the kernel did not link it' } : 'gone';
}
