import type { Bytes } from '../../sys/bytes.js';
import { stat } from '../../sys/stat.js';
import { unless } from '../../sys/sys-error.js';

/**
 * Whether an open directory was removed after it had been opened, as users of a mounted union may do at any time: then
 * no name is in it, and getdents64(2) says ENOENT (IS_DEADDIR in the kernel's fs/readdir.c). A file system of its own
 * mind (FUSE, an overlay) may say the same of one that is there, so the link count has to tell it too.
 */
export function wasRemoved(fd: number): boolean {
  return unless([], () => stat(fd, '' as Bytes).nlink) === 0;
}
