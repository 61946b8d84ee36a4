import type { Bytes } from '../sys/bytes.js';
import { S_IFMT, type Stat, stat } from '../sys/stat.js';
import { SELF } from './site.js';

/** A clock step back between two looks is the one thing that makes true facts look wrong; it does not last. */
const TRIES = 3;

/**
 * Whether a descriptor of a mounted overlay shows an inode of its upper branch. Numbers say nothing here, since an
 * overlay has its own; all other facts that it shows are those of the upper inode to the nanosecond. The inode may
 * be written to meanwhile: its change time, looked at before and after, holds the mount's between the two.
 *
 * @param shown - descriptor of the mount, `O_PATH` allowed
 * @param dirfd - upper or index directory
 * @param name - the inode's name there, `''` for `dirfd` itself
 */
export function shows(shown: number, dirfd: number, name: Bytes): boolean {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const before = stat(dirfd, name);
    const now = stat(shown, SELF);
    const after = stat(dirfd, name);
    if (agrees(before, now, after)) return true;
  }
  return false;
}

function agrees(before: Stat, now: Stat, after: Stat): boolean {
  if ((before.mode & S_IFMT) !== (now.mode & S_IFMT)) return false;
  if (before.btime !== now.btime || before.rdev !== now.rdev) return false;
  if (before.ctime > now.ctime || now.ctime > after.ctime) return false;
  if (before.ctime !== after.ctime) return true;
  return before.mode === now.mode && before.size === now.size && before.mtime === now.mtime;
}
