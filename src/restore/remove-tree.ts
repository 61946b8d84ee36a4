import type { Bytes } from '../sys/bytes.js';
import { rmdir, unlink } from '../sys/names.js';
import { withFd } from '../sys/open.js';
import { namesIn } from '../sys/record-names.js';
import { isDirectory, stat } from '../sys/stat.js';
import { openQuietly } from '../union/open-layer-directory.js';

/** Removes a name, with everything below it if it is a directory. Other mounts inside are not entered: EXDEV. */
export function removeTree(dirfd: number, name: Bytes): void {
  if (!isDirectory(stat(dirfd, name))) {
    unlink(dirfd, name);
    return;
  }
  withFd(openQuietly(dirfd, name), (fd) => {
    for (const child of namesIn(fd)) removeTree(fd, child);
  });
  rmdir(dirfd, name);
}
