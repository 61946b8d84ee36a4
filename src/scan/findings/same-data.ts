import type { Bytes } from '../../sys/bytes.js';
import { readLink } from '../../sys/names.js';
import { O_NOATIME, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, openBeneath, withFd } from '../../sys/open.js';
import { isRegular, isSymlink, S_IFMT, type Stat, stat } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { preadFully } from '../../sys/whole-data.js';
import { getXattr, listXattr } from '../../sys/xattr.js';

const PIECE = 256 * 1024;

/** A name in an open directory. */
export interface NameAt {
  readonly dirfd: number;
  readonly name: Bytes;
}

/** Opens a regular file for reading without moving its atime where that is allowed. */
export function openQuietFile({ dirfd, name }: NameAt): number {
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  try {
    return openBeneath(dirfd, name, flags | O_NOATIME);
  } catch (error) {
    if (isSysError(error, 'EPERM')) return openBeneath(dirfd, name, flags);
    throw error;
  }
}

/** Offset of the first byte that differs, the shorter one's end included; undefined for equal contents. */
export function firstDifference(a: number, b: number): bigint | undefined {
  const [left, right] = [Buffer.allocUnsafe(PIECE), Buffer.allocUnsafe(PIECE)];
  for (let at = 0; ; ) {
    const [l, r] = [preadFully(a, left, at), preadFully(b, right, at)];
    const length = Math.min(l, r);
    if (!left.subarray(0, length).equals(right.subarray(0, length))) {
      let i = 0;
      while (left[i] === right[i]) i += 1;
      return BigInt(at + i);
    }
    if (l !== r) return BigInt(at + length);
    if (length === 0) return undefined;
    at += length;
  }
}

/** Whether two files that are not directories hold the same: bytes, link target or device number. */
export function sameData(a: NameAt, b: NameAt): boolean {
  const [left, right] = [stat(a.dirfd, a.name), stat(b.dirfd, b.name)];
  if ((left.mode & S_IFMT) !== (right.mode & S_IFMT)) return false;
  if (isSymlink(left)) return readLink(a.dirfd, a.name) === readLink(b.dirfd, b.name);
  if (!isRegular(left)) return left.rdev === right.rdev;
  if (left.size !== right.size) return false;
  return withFd(openQuietFile(a), (l) =>
    withFd(openQuietFile(b), (r) => firstDifference(l, r) === undefined),
  );
}

/** Whether two files agree in all that a user gave them: content, metadata, and attributes that are not an overlay's. */
export function sameFile(a: NameAt, b: NameAt): boolean {
  const [left, right] = [stat(a.dirfd, a.name), stat(b.dirfd, b.name)];
  return sameMetadata(left, right) && sameData(a, b) && ownAttributes(a) === ownAttributes(b);
}

function sameMetadata(a: Stat, b: Stat): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && a.size === b.size && a.mtime === b.mtime;
}

/** Attributes that are not the overlay's own, as one text. */
function ownAttributes({ dirfd, name }: NameAt): string {
  return listXattr(dirfd, name)
    .filter((attribute) => !/^(trusted|user)\.overlay\./.test(attribute))
    .sort()
    .map((attribute) => `${attribute}=${getXattr(dirfd, name, attribute)?.toString('hex')}`)
    .join();
}
