import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { close } from '../../sys/open.js';
import { DT_DIR, DT_UNKNOWN, readDirectory } from '../../sys/read-directory.js';
import { isDirectory, MOUNT_ROOT, type Stat, stat } from '../../sys/stat.js';
import { ENOKEY, errnoName, SysError } from '../../sys/sys-error.js';
import { WHITEOUT_PREFIX } from '../../union/aufs-names.js';
import { openLongPath } from '../../union/open-layer-directory.js';
import type { Unreadable } from '../result.js';

const EXDEV = 18;

/** Which names a mounted union shows for the inode numbers that were asked for. */
export interface Shown {
  readonly paths: ReadonlyMap<bigint, readonly Bytes[]>;
  /** Names and directories that could not be looked at: any number may hide there. */
  readonly blind: readonly Unreadable[];
  readonly directories: number;
  readonly names: number;
}

/**
 * Finds the names of some inode numbers in a mounted aufs by lstat and readdir alone, which link nothing. One
 * directory is open at a time, and no other thread takes part: in the maintenance mode it would hang.
 *
 * @param root - the mount's root directory
 * @param lockedIn - the branch whose directory of a path is encrypted and locked; of what it has, the mount shows other
 *   names
 * @throws SysError EAGAIN while somebody else maintains the mount
 */
export function* walkMount(
  root: number,
  inodes: ReadonlySet<bigint>,
  lockedIn: (directory: Bytes) => number | undefined,
): Generator<Shown, Shown> {
  const paths = new Map<bigint, Bytes[]>();
  const blind: Unreadable[] = [];
  const shown = { paths, blind, directories: 0, names: 0 };
  const unseen = (path: Bytes, error: unknown): void => {
    if (!(error instanceof SysError) || error.code === 'EAGAIN') throw error;
    // Gone since its directory was read.
    if (error.code !== 'ENOENT') blind.push({ path, branch: 0, code: error.code });
  };
  const waiting: Bytes[] = ['' as Bytes];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    let fd: number;
    try {
      const locked = lockedIn(directory);
      if (locked !== undefined) {
        blind.push({ path: directory, branch: locked, code: errnoName(ENOKEY) });
        continue;
      }
      fd = openLongPath(root, directory);
    } catch (error) {
      unseen(directory, error);
      continue;
    }
    shown.directories += 1;
    try {
      for (const { name, type } of readDirectory(fd)) {
        if (name.startsWith(WHITEOUT_PREFIX)) continue;
        shown.names += 1;
        const path = joinBytes(directory, name);
        if (type === DT_DIR) {
          waiting.push(path);
          continue;
        }
        try {
          const facts = stat(fd, name);
          if (type === DT_UNKNOWN && isDirectory(facts)) waiting.push(path);
          else if ((facts.attributes & MOUNT_ROOT) !== 0n) unseen(path, new SysError('statx', EXDEV, path));
          else if (inodes.has(facts.ino)) add(paths, facts, path);
        } catch (error) {
          unseen(path, error);
        }
      }
    } catch (error) {
      unseen(directory, error);
    } finally {
      close(fd);
    }
    yield shown;
  }
  return shown;
}

function add(paths: Map<bigint, Bytes[]>, { ino }: Stat, path: Bytes): void {
  const known = paths.get(ino);
  if (known === undefined) paths.set(ino, [path]);
  else known.push(path);
}
