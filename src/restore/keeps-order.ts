import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { ascii } from '../sys/bytes.js';
import { fileSystemOf, magic } from '../sys/filesystem.js';
import { splitDev, stat } from '../sys/stat.js';

/**
 * Whether a descriptor's file system makes its changes durable in the order they were made (one journal), so that one
 * fsync takes everything before it along. btrfs logs the synced inode alone. ext2, and an ext4 that was made without a
 * journal, have ext4's number and no order at all: what is not known to have one has none.
 */
export function keepsOrder(fd: number): boolean {
  const { type } = fileSystemOf(fd);
  return type === magic.xfs || (type === magic.ext4 && hasJournal(stat(fd, ascii('')).dev));
}

/** Whether an ext4 has a thread for its journal, as the kernel tells (`<none>` where not). */
function hasJournal(dev: bigint): boolean {
  const { major, minor } = splitDev(dev);
  try {
    const name = basename(readlinkSync(`/sys/dev/block/${major}:${minor}`));
    return /^\d+$/.test(readFileSync(`/sys/fs/ext4/${name}/journal_task`, 'latin1').trim());
  } catch {
    // No /sys here, or another file system.
    return false;
  }
}
