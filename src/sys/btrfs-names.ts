import { type Bytes, bytesOf } from './bytes.js';
import { ioctl } from './ioctl.js';
import { addressOf } from './libc.js';

// Kernel's include/uapi/linux/btrfs.h and btrfs_tree.h.
const BTRFS_IOC_INO_PATHS = 0xc0389423;
const BTRFS_IOC_TREE_SEARCH_V2 = 0xc0709411;
const INODE_REF = 12;
const INODE_EXTREF = 13;

/** The kernel gives no more than this at once (btrfs_ioctl_ino_to_path). */
const CONTAINER = 4096;
const CONTAINER_HEAD = 16;

const container = Buffer.alloc(CONTAINER);

/** Paths of an inode from its subvolume's root, as many as the kernel tells at once. */
export interface BtrfsPaths {
  readonly paths: readonly Bytes[];
  /** How many there are beside these. */
  readonly missed: number;
}

/**
 * Every name of an inode, from the root of the subvolume that the descriptor lies in (CAP_DAC_READ_SEARCH).
 *
 * @throws SysError ENOENT for an inode that is not there, EPERM, ENOTTY on another file system
 */
export function btrfsPaths(fd: number, inode: bigint): BtrfsPaths {
  const request = Buffer.alloc(56);
  request.writeBigUInt64LE(inode, 0);
  request.writeBigUInt64LE(BigInt(CONTAINER), 8);
  request.writeBigUInt64LE(addressOf(container), 48);
  ioctl(fd, BTRFS_IOC_INO_PATHS, request);
  const paths: Bytes[] = [];
  for (let i = 0, count = container.readUInt32LE(8); i < count; i += 1) {
    // Offsets count from where the offsets begin.
    const at = CONTAINER_HEAD + Number(container.readBigUInt64LE(CONTAINER_HEAD + 8 * i));
    paths.push(bytesOf(container.subarray(at, container.indexOf(0, at))));
  }
  return { paths, missed: container.readUInt32LE(12) };
}

const KEY = 104;
const ITEM_HEAD = 32;
const SEARCH_BUFFER = 256 * 1024;
const MAX = 0xffff_ffff_ffff_ffffn;

/**
 * The directories that hold names of an inode, for one with more names than {@link btrfsPaths} tells (CAP_SYS_ADMIN).
 *
 * @returns their inode numbers, in the subvolume that the descriptor lies in
 * @throws SysError EPERM, ENOTTY on another file system
 */
export function btrfsParents(fd: number, inode: bigint): Set<bigint> {
  const parents = new Set<bigint>();
  const search = Buffer.alloc(KEY + 8 + SEARCH_BUFFER);
  let [type, offset] = [INODE_REF, 0n];
  for (;;) {
    search.fill(0, 0, KEY);
    for (const [at, value] of [
      [8, inode],
      [16, inode],
      [24, offset],
      [32, MAX],
      [48, MAX],
    ] as const) {
      search.writeBigUInt64LE(value, at);
    }
    search.writeUInt32LE(type, 56);
    search.writeUInt32LE(INODE_EXTREF, 60);
    search.writeUInt32LE(0xffffffff, 64);
    search.writeBigUInt64LE(BigInt(SEARCH_BUFFER), KEY);
    ioctl(fd, BTRFS_IOC_TREE_SEARCH_V2, search);
    const items = search.readUInt32LE(64);
    let at = KEY + 8;
    for (let i = 0; i < items; i += 1) {
      offset = search.readBigUInt64LE(at + 16);
      type = search.readUInt32LE(at + 24);
      // The key of a reference is the directory; a reference of the kind for very many names has it in its data.
      if (type === INODE_REF) parents.add(offset);
      if (type === INODE_EXTREF) parents.add(search.readBigUInt64LE(at + ITEM_HEAD));
      at += ITEM_HEAD + search.readUInt32LE(at + 28);
    }
    if (items === 0 || offset === MAX) return parents;
    offset += 1n;
  }
}
