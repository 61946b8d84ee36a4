import { type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { orErrno, syscall } from '../../src/sys/libc.js';
import { cloneMount } from '../../src/sys/mount.js';
import { openDirectory } from '../../src/sys/open.js';

const MOUNT_SETATTR = 442;
const AT_EMPTY_PATH = 0x1000;
const MOUNT_ATTR_RDONLY = 0x1n;
const MOUNT_ATTR_NOATIME = 0x10n;
const MOUNT_ATTR_ATIME_MASK = 0x70n;

const mountSetattr = syscall('int', 'void *', 'unsigned int', 'void *', 'size_t');

/**
 * A descriptor of `directory` through which nothing can be changed, not even an access time. `readlink` knows
 * no O_NOATIME, so a private read-only clone of the mount is used; without the privilege for one it is an
 * ordinary descriptor.
 */
export function openWithoutAtime(directory: string): number {
  const path: Bytes = bytesFromText(directory);
  if (process.geteuid?.() !== 0) return openDirectory(path);
  const clone = cloneMount(-100, path);
  const attributes = Buffer.alloc(32);
  attributes.writeBigUInt64LE(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME, 0);
  attributes.writeBigUInt64LE(MOUNT_ATTR_ATIME_MASK, 8);
  const result = orErrno(
    mountSetattr(MOUNT_SETATTR, clone, Buffer.from('\0'), AT_EMPTY_PATH, attributes, 32),
  );
  if (result < 0) throw new Error(`mount_setattr of ${directory}: errno ${-result}`);
  return clone;
}
