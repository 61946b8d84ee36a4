import type { Bytes } from '../../sys/bytes.js';
import { cloneMountWithoutAtime } from '../../sys/mount.js';
import { readLink } from '../../sys/names.js';
import { withFd } from '../../sys/open.js';
import { type Facts, isRegular, isSymlink, S_IFBLK, S_IFCHR, S_IFMT } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { openQuietFile } from '../findings/same-data.js';
import { contentShare } from './content-share.js';
import { readOfSide, UnreadSide } from './read-of-side.js';
import { type Unread, unread } from './unread.js';

/** A file by its directory's descriptor. */
export interface FileAt {
  readonly dirfd: number;
  readonly name: Bytes;
  readonly stat: Facts;
}

/**
 * How much an upper file looks like the copy of a lower one. `impossible`: no copy of it ever becomes that;
 * `none`: nothing in common, as after a rewrite; `alike`: at least half of the lower's bytes are at their place;
 * `whole`: all of them, and more behind; `same`: no difference in what a reader sees.
 */
export type Degree = 'impossible' | 'none' | 'alike' | 'whole' | 'same';

export interface Likeness {
  readonly degree: Degree;
  /** Share of the lower's (sampled) bytes that stand at their place, 0 to 1. */
  readonly share: number;
  /** Size and mtime to the nanosecond are the lower's: a copy that nobody wrote to. */
  readonly twin: boolean;
  /** Mode and owner are the lower's. */
  readonly sameRights: boolean;
}

/** Compares an upper file with the lower one it may be the copy of. Reads both where they are regular, or symlinks. */
export function likeness(upper: FileAt, lower: FileAt): Likeness | Unread {
  const [u, l] = [upper.stat, lower.stat];
  const sameType = (u.mode & S_IFMT) === (l.mode & S_IFMT);
  const twin = sameType && u.size === l.size && u.mtime === l.mtime;
  const sameRights = u.mode === l.mode && u.uid === l.uid && u.gid === l.gid;
  if (!sameType) return { degree: 'impossible', share: 0, twin, sameRights };
  let share: number | undefined;
  try {
    share = shareOf(upper, lower);
  } catch (error) {
    if (error instanceof UnreadSide) return unread(error.side, error.cause.code, u, l);
    throw error;
  }
  return { degree: degreeOf(u, l, share, twin || sameRights), share: share ?? 0, twin, sameRights };
}

function degreeOf(u: Facts, l: Facts, share: number | undefined, kept: boolean): Degree {
  if (isRegular(u) && share !== undefined) {
    if (share === 1 && u.size === l.size) return 'same';
    // An empty file's bytes are in every file.
    if (l.size === 0n) return 'none';
    if (share === 1) return 'whole';
    return share >= 0.5 ? 'alike' : 'none';
  }
  // A symlink's target and a device's number can't be changed: what differs is another file. A fifo or a socket
  // has nothing but its rights and its time.
  if (share !== undefined) return share === 1 ? 'same' : 'impossible';
  return kept ? 'same' : 'none';
}

/**
 * The share of what is in a lower file that is in the upper one, 0 to 1; undefined where nothing is in such files.
 *
 * @throws UnreadSide
 */
function shareOf(upper: FileAt, lower: FileAt): number | undefined {
  const { stat } = upper;
  const type = stat.mode & S_IFMT;
  if (type === S_IFCHR || type === S_IFBLK) return stat.rdev === lower.stat.rdev ? 1 : 0;
  if (isSymlink(stat)) {
    if (stat.size !== lower.stat.size) return 0;
    const target = readOfSide('upper', () => targetOf(upper));
    return target === readOfSide('lower', () => targetOf(lower)) ? 1 : 0;
  }
  if (!isRegular(stat)) return undefined;
  return withFd(
    readOfSide('upper', () => openQuietFile(upper)),
    (u) =>
      withFd(
        readOfSide('lower', () => openQuietFile(lower)),
        (l) => contentShare(u, l, Number(lower.stat.size)),
      ),
  );
}

/** The target of a symlink, read without its atime being changed where this process may see to that. */
export function targetOf({ dirfd, name }: FileAt): Bytes {
  let clone: number;
  try {
    clone = cloneMountWithoutAtime(dirfd, '.' as Bytes);
  } catch (error) {
    if (isSysError(error)) return readLink(dirfd, name);
    throw error;
  }
  return withFd(clone, (fd) => readLink(fd, name));
}
