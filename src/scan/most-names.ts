import { ascii } from '../sys/bytes.js';
import { fileSystemOf } from '../sys/filesystem.js';
import { openDirectory, withFd } from '../sys/open.js';
import { stat } from '../sys/stat.js';
import type { Union } from '../union/union.js';

/**
 * About how many names a walk can meet at most: the inodes in use on the branches' file systems. undefined where one
 * of them keeps no count, as btrfs does.
 */
export function mostNames({ branches }: Union): number | undefined {
  const used = new Map<bigint, bigint>();
  for (const { path } of branches) {
    withFd(openDirectory(path), (fd) => {
      const { inodes, freeInodes } = fileSystemOf(fd);
      used.set(stat(fd, ascii('')).dev, inodes - freeInodes);
    });
  }
  const counts = [...used.values()];
  return counts.every((count) => count > 0n)
    ? Number(counts.reduce((sum, count) => sum + count, 0n))
    : undefined;
}
