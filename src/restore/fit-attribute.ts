import type { Bytes } from '../sys/bytes.js';
import { fileSystemOf, magic } from '../sys/filesystem.js';
import { isSysError, SysError } from '../sys/sys-error.js';
import { setXattr } from '../sys/xattr.js';

const E2BIG = 7;

/** With that much to be had a file system is not full, whatever it keeps back for its own ends. */
const ROOM = 1n << 20n;

/**
 * Sets an attribute. ext4 has one block for those of an inode and says "no space" where they don't fit, as of a full
 * disk; but that concerns the one inode alone, and free space does not help.
 *
 * @param dirfd - of the directory, on the same file system; with an empty name the inode itself
 * @throws SysError E2BIG where it does not fit
 */
export function fitAttribute(dirfd: number, name: Bytes, attribute: string, value: Uint8Array): void {
  try {
    setXattr(dirfd, name, attribute, value);
  } catch (error) {
    if (!isSysError(error, 'ENOSPC') || !hasRoom(dirfd)) throw error;
    throw new SysError('setxattr', E2BIG, name, { cause: error });
  }
}

function hasRoom(fd: number): boolean {
  const { type, freeBytes } = fileSystemOf(fd);
  return type === magic.ext4 && freeBytes >= ROOM;
}
