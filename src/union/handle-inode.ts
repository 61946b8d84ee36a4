import { magic } from '../sys/filesystem.js';
import type { Handle } from '../sys/handle.js';

const FILEID_INO32_GEN = 0x01;
const FILEID_INO64_GEN = 0x81;
const FILEID_BTRFS = [0x4d, 0x4e, 0x4f];

/**
 * The inode number inside a file handle, where the file system's layout is known; it only serves to pass over
 * names that cannot match. The type alone does not tell the layout: ext4 and tmpfs share 0x01, xfs and erofs 0x81.
 *
 * @param fileSystem - statfs `f_type`
 */
export function inodeOfHandle(handle: Handle, fileSystem: bigint): bigint | undefined {
  const { type, fid } = handle;
  switch (fileSystem) {
    case magic.ext4:
    case magic.squashfs:
    case magic.f2fs:
      return type === FILEID_INO32_GEN && fid.length === 8 ? BigInt(fid.readUInt32LE(0)) : undefined;
    case magic.xfs:
      if (type === FILEID_INO64_GEN && fid.length === 12) return fid.readBigUInt64LE(0);
      return type === FILEID_INO32_GEN && fid.length === 8 ? BigInt(fid.readUInt32LE(0)) : undefined;
    case magic.btrfs:
      return FILEID_BTRFS.includes(type) && fid.length >= 20 ? fid.readBigUInt64LE(0) : undefined;
    case magic.tmpfs:
      if (type !== FILEID_INO32_GEN || fid.length !== 12) return undefined;
      return (BigInt(fid.readUInt32LE(8)) << 32n) | BigInt(fid.readUInt32LE(4));
    case magic.erofs:
      if (type !== FILEID_INO64_GEN || fid.length !== 12) return undefined;
      return (BigInt(fid.readUInt32LE(0)) << 32n) | BigInt(fid.readUInt32LE(4));
    default:
      return undefined;
  }
}

/** An `overlay.origin` tells its own length in a byte: no handle in one is longer. */
const scratch = Buffer.alloc(256);
/** Beginnings of it, by their length: there are three or four. */
const beginnings = new Map<number, Buffer>();

/** As {@link inodeOfHandle}, of a handle's bytes in hex. */
export function inodeOfHandleText(type: number, fid: string, fileSystem: bigint): bigint | undefined {
  const length = scratch.write(fid, 'hex');
  let bytes = beginnings.get(length);
  if (bytes === undefined) {
    bytes = scratch.subarray(0, length);
    beginnings.set(length, bytes);
  }
  return inodeOfHandle({ type, fid: bytes }, fileSystem);
}

/** File systems whose `d_ino` is the inode's own number; on others (overlay, FUSE) only a stat tells. */
export function directoryInodesAreTrue(fileSystem: bigint): boolean {
  return (
    [magic.ext4, magic.xfs, magic.btrfs, magic.tmpfs, magic.squashfs, magic.erofs, magic.f2fs] as bigint[]
  ).includes(fileSystem);
}

/** Whether all of a file system has one device number: btrfs gives each subvolume its own. */
export function hasOneDevice(fileSystem: bigint): boolean {
  return fileSystem !== magic.btrfs && directoryInodesAreTrue(fileSystem);
}
