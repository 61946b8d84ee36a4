import { checkFd } from './check.js';
import { ioctlIfKnown, ioctlSet } from './ioctl.js';
import { native } from './libc.js';
import { invoke } from './seam.js';

/** statfs(2) `f_type` values. */
export const magic = {
  ext4: 0xef53n,
  xfs: 0x58465342n,
  btrfs: 0x9123683en,
  tmpfs: 0x01021994n,
  squashfs: 0x73717368n,
  erofs: 0xe0f5e1e2n,
  overlay: 0x794c7630n,
  fuse: 0x65735546n,
  aufs: 0x61756673n,
  nfs: 0x6969n,
  f2fs: 0xf2f52010n,
} as const;

/** What statfs(2) tells of a file system. */
export interface FileSystem {
  /** `f_type`, see {@link magic}. */
  readonly type: bigint;
  readonly readOnly: boolean;
  /** Longest name, bytes. */
  readonly nameMax: number;
  readonly totalBytes: bigint;
  /** 0 where there is no fixed number. */
  readonly totalInodes: bigint;
  /** Bytes that root may still use. */
  readonly freeBytes: bigint;
  readonly freeInodes: bigint;
}

const ST_RDONLY = 1n;
const FS_IOC_GETFSUUID = 0x80111500;
const BTRFS_IOC_FS_INFO = 0x8400941f;
const XFS_IOC_FSGEOMETRY_V1 = 0x80705864;
const FS_IOC_GETFLAGS = 0x80086601;
const FS_IOC_SETFLAGS = 0x40086602;
const FS_CASEFOLD_FL = 0x40000000;

const fstatfsCall = native('int fstatfs(int fd, void *buffer)');

/** statfs(2) of an open descriptor. */
export function fileSystemOf(fd: number): FileSystem {
  checkFd(fd);
  const b = Buffer.alloc(256);
  invoke('fstatfs', fd, '', () => fstatfsCall(fd, b));
  const blockSize = b.readBigInt64LE(8);
  return {
    type: BigInt.asUintN(32, b.readBigInt64LE(0)),
    totalBytes: b.readBigUInt64LE(16) * blockSize,
    totalInodes: b.readBigUInt64LE(40),
    freeBytes: b.readBigUInt64LE(24) * blockSize,
    freeInodes: b.readBigUInt64LE(48),
    nameMax: Number(b.readBigInt64LE(64)),
    readOnly: (b.readBigInt64LE(80) & ST_RDONLY) !== 0n,
  };
}

/**
 * The file system's UUID as the superblock has it, 16 bytes; sixteen zeros for squashfs, which has none;
 * undefined where no interface tells.
 *
 * @param fd - an open directory on it, not `O_PATH`
 */
export function fileSystemUuid(fd: number): Buffer | undefined {
  const generic = Buffer.alloc(32);
  if (ioctlIfKnown(fd, FS_IOC_GETFSUUID, generic) && generic[0] === 16)
    return Buffer.from(generic.subarray(1, 17));
  const { type } = fileSystemOf(fd);
  if (type === magic.squashfs) return Buffer.alloc(16);
  if (type === magic.btrfs) {
    const info = Buffer.alloc(1024);
    if (ioctlIfKnown(fd, BTRFS_IOC_FS_INFO, info)) return Buffer.from(info.subarray(16, 32));
  }
  if (type === magic.xfs) {
    const geometry = Buffer.alloc(112);
    // struct xfs_fsop_geom_v1: eight u32, four u64, then the UUID.
    if (ioctlIfKnown(fd, XFS_IOC_FSGEOMETRY_V1, geometry)) return Buffer.from(geometry.subarray(64, 80));
  }
  return undefined;
}

/** The `FS_*_FL` flags (append-only 0x20, immutable 0x10, …); undefined where the file system keeps none. */
export function inodeFlags(fd: number): number | undefined {
  const b = Buffer.alloc(8);
  return ioctlIfKnown(fd, FS_IOC_GETFLAGS, b) ? b.readUInt32LE(0) : undefined;
}

/** Whether a directory's names may be looked up in another form than they are listed in. */
export function foldsCase(fd: number): boolean {
  return ((inodeFlags(fd) ?? 0) & FS_CASEFOLD_FL) !== 0;
}

/** Sets the `FS_*_FL` flags (CAP_LINUX_IMMUTABLE for append-only and immutable). */
export function setInodeFlags(fd: number, flags: number): void {
  const b = Buffer.alloc(8);
  b.writeUInt32LE(flags, 0);
  ioctlSet(fd, FS_IOC_SETFLAGS, b);
}
