import { ascii, type Bytes, joinBytes } from '../../sys/bytes.js';
import { fileSystemUuid, magic } from '../../sys/filesystem.js';
import { type Handle, handleOf } from '../../sys/handle.js';
import { isSysError } from '../../sys/sys-error.js';
import { type XfsInode, xfsParents } from '../../sys/xfs-parents.js';
import { breather } from '../breather.js';
import type { NameHints } from './name-hints.js';

const FILEID_INO64_GEN = 0x81;

/** Deeper than any tree that the walk would have to be led into. */
const MAX_DEPTH = 4096;

/** Asks an xfs with parent pointers for the directories of an inode, and for theirs; Linux 6.10, and root. */
export const xfsHints: NameHints = {
  fileSystem: magic.xfs,
  async directoriesOf(layer, files, signal) {
    if (layer.fileSystem !== magic.xfs) return undefined;
    const directories = new Set<Bytes>();
    try {
      const handle = handleOf(layer.root, ascii(''));
      const root = handle === undefined ? undefined : inodeOf(handle);
      // Handles of an overlay with `uuid=off` have none.
      const uuid = fileSystemUuid(layer.root);
      if (root === undefined || uuid === undefined) return undefined;
      const paths = new Paths(layer.root, uuid, root);
      const breathe = breather(signal);
      for (const file of files) {
        await breathe();
        const inode = inodeOf(file);
        if (inode === undefined) continue;
        for (const { directory } of paths.parentsOf(inode)) {
          const path = paths.pathOf(directory);
          if (path !== undefined) directories.add(path);
        }
      }
      return directories;
    } catch (error) {
      // No parent pointers, an older kernel, no privilege: what was told so far helps.
      if (!isSysError(error)) throw error;
      return directories.size === 0 ? undefined : directories;
    }
  },
};

function inodeOf({ type, fid }: Handle): XfsInode | undefined {
  if (type === FILEID_INO64_GEN && fid.length === 12)
    return { inode: fid.readBigUInt64LE(0), generation: fid.readUInt32LE(8) };
  if (type === 1 && fid.length === 8)
    return { inode: BigInt(fid.readUInt32LE(0)), generation: fid.readUInt32LE(4) };
  return undefined;
}

/** Paths of directories from a layer's root, each asked for once. */
class Paths {
  readonly #fd: number;
  readonly #uuid: Buffer;
  readonly #known = new Map<bigint, Bytes | undefined>();

  constructor(fd: number, uuid: Buffer, root: XfsInode) {
    this.#fd = fd;
    this.#uuid = uuid;
    this.#known.set(root.inode, ascii(''));
  }

  parentsOf(file: XfsInode): ReturnType<typeof xfsParents> {
    try {
      return xfsParents(this.#fd, this.#uuid, file);
    } catch (error) {
      if (isSysError(error, 'ESTALE', 'ENOENT')) return [];
      throw error;
    }
  }

  /** Undefined for a directory that is not below the layer's root. */
  pathOf(directory: XfsInode): Bytes | undefined {
    const way: { readonly inode: bigint; readonly name: Bytes }[] = [];
    let at: XfsInode | undefined = directory;
    while (at !== undefined && !this.#known.has(at.inode) && way.length < MAX_DEPTH) {
      const [parent]: readonly { directory: XfsInode; name: Bytes }[] = this.parentsOf(at);
      way.push({ inode: at.inode, name: parent?.name ?? ascii('') });
      at = parent?.directory;
    }
    let path = at === undefined ? undefined : this.#known.get(at.inode);
    for (const { inode, name } of way.reverse()) {
      path = path === undefined ? undefined : joinBytes(path, name);
      this.#known.set(inode, path);
    }
    return path;
  }
}
