import { readFileSync } from 'node:fs';
import type { InodeId } from '../sys/inode-id.js';
import { splitDev } from '../sys/stat.js';

/**
 * The process that took the flock(2) of an inode, as proc_locks(5) has it; undefined where it is not told: in
 * another pid namespace, or on btrfs, whose subvolumes have devices of their own.
 */
export function flockOwner(inode: InodeId): number | undefined {
  try {
    return parseFlockOwner(readFileSync('/proc/locks', 'latin1'), inode);
  } catch {
    return undefined;
  }
}

/** {@link flockOwner} in the text of `/proc/locks`. */
export function parseFlockOwner(text: string, { dev, ino }: InodeId): number | undefined {
  const { major, minor } = splitDev(dev);
  for (const line of text.split('\n')) {
    // A waiter's line has `->` after its number.
    const [, owner, lineMajor, lineMinor, lineInode] =
      /^\d+: FLOCK +\S+ +\S+ +(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line) ?? [];
    if (owner === undefined || lineMajor === undefined || lineMinor === undefined) continue;
    if (Number.parseInt(lineMajor, 16) !== major || Number.parseInt(lineMinor, 16) !== minor) continue;
    if (lineInode === String(ino) && owner !== '0') return Number(owner);
  }
  return undefined;
}
