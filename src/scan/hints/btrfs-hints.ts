import { type BtrfsPaths, btrfsParents, btrfsPaths } from '../../sys/btrfs-names.js';
import { ascii, type Bytes, parentOf } from '../../sys/bytes.js';
import { magic } from '../../sys/filesystem.js';
import { type Handle, handleOf } from '../../sys/handle.js';
import { isSysError } from '../../sys/sys-error.js';
import { inodeOfHandle } from '../../union/handle-inode.js';
import { breather } from '../breather.js';
import type { HandleLayer } from '../overlay/overlay-layers.js';
import type { NameHints } from './name-hints.js';

/** Inode of every subvolume's root (BTRFS_FIRST_FREE_OBJECTID). */
const SUBVOLUME_ROOT = 256n;

/** Asks btrfs for every path of an inode; needs root, and Linux gives it since 3.0. */
export const btrfsHints: NameHints = {
  fileSystem: magic.btrfs,
  async directoriesOf(layer, files, signal) {
    if (layer.fileSystem !== magic.btrfs) return undefined;
    const directories = new Set<Bytes>();
    try {
      const prefix = prefixOf(layer);
      if (prefix === undefined) return undefined;
      const breathe = breather(signal);
      for (const file of files) {
        await breathe();
        if (!inSameSubvolume(layer, file)) continue;
        for (const directory of directoriesOf(layer.root, file)) {
          const below = belowPrefix(directory, prefix);
          if (below !== undefined) directories.add(below);
        }
      }
      return directories;
    } catch (error) {
      // Without the privilege or on an older kernel: what was told so far helps.
      if (!isSysError(error)) throw error;
      return directories.size === 0 ? undefined : directories;
    }
  },
};

function directoriesOf(fd: number, file: Handle): Bytes[] {
  const inode = inodeOfHandle(file, magic.btrfs);
  const told = inode === undefined ? undefined : pathsOf(fd, inode);
  if (inode === undefined || told === undefined) return [];
  if (told.missed === 0) return told.paths.map(parentOf);
  return [...btrfsParents(fd, inode)].flatMap((parent) =>
    parent === SUBVOLUME_ROOT ? ([''] as Bytes[]) : (pathsOf(fd, parent)?.paths ?? []),
  );
}

function pathsOf(fd: number, inode: bigint): BtrfsPaths | undefined {
  try {
    return btrfsPaths(fd, inode);
  } catch (error) {
    if (isSysError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Path of the layer's root in its subvolume. */
function prefixOf({ root }: HandleLayer): Bytes | undefined {
  const handle = handleOf(root, ascii(''));
  const inode = handle === undefined ? undefined : inodeOfHandle(handle, magic.btrfs);
  if (inode === undefined) return undefined;
  return inode === SUBVOLUME_ROOT ? ascii('') : pathsOf(root, inode)?.paths[0];
}

function belowPrefix(directory: Bytes, prefix: Bytes): Bytes | undefined {
  if (prefix === '' || directory === prefix) return directory.slice(prefix.length) as Bytes;
  return directory.startsWith(`${prefix}/`) ? (directory.slice(prefix.length + 1) as Bytes) : undefined;
}

/** Inode numbers are those of a subvolume; its number stands after the inode in a handle. */
function inSameSubvolume({ root }: HandleLayer, file: Handle): boolean {
  const ours = handleOf(root, ascii(''));
  return ours?.fid.subarray(8, 16).equals(file.fid.subarray(8, 16)) === true;
}
