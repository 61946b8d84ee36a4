import type { Bytes } from './bytes.js';
import { checkDirFd } from './check.js';
import type { InodeId } from './inode-id.js';
import { ADDRESS, fixedMemory, SYS, syscall } from './libc.js';
import { pathArgument } from './path-argument.js';
import { invokeRaw } from './seam.js';
import { SysError } from './sys-error.js';

/** What statx(2) tells of a file. Numbers that can pass 2^53 are bigints; times are nanoseconds since 1970. */
export interface Stat {
  readonly dev: bigint;
  readonly ino: bigint;
  /** Type and permission bits, as `st_mode`. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: bigint;
  /** Bytes. */
  readonly size: bigint;
  /** 512-byte blocks. */
  readonly blocks: bigint;
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** Birth; 0 where the file system keeps none. */
  readonly btime: bigint;
  /** `STATX_ATTR_*` bits: immutable is 0x10, append-only 0x20. */
  readonly attributes: bigint;
}

export const S_IFMT = 0o170000;
export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;
export const S_IFCHR = 0o020000;
export const S_IFBLK = 0o060000;
export const S_IFIFO = 0o010000;
export const S_IFSOCK = 0o140000;

/** Among {@link Stat.attributes}: the file system keeps it encrypted (`STATX_ATTR_ENCRYPTED`). */
export const ENCRYPTED = 0x800n;
/** Among {@link Stat.attributes}: another file is mounted here (`STATX_ATTR_MOUNT_ROOT`, Linux 5.8). */
export const MOUNT_ROOT = 0x2000n;

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_AND_BIRTH = 0xfff;

const statxCall = syscall('int', ADDRESS, 'int', 'unsigned int', ADDRESS);
const { bytes, address } = fixedMemory(256);
// `struct statx` by the sizes of its fields, each at a place that they divide: Buffer's own readers cost a scan of 1,000
// entries 20 ms more to become quick.
const words = new Uint32Array(bytes.buffer);
const longs = new BigUint64Array(bytes.buffer);
const seconds = new BigInt64Array(bytes.buffer);
const ENOENT = 2;

/** `st_dev` as libc composes it from major and minor. */
export function makeDev(major: number, minor: number): bigint {
  const [ma, mi] = [BigInt(major), BigInt(minor)];
  return ((ma & 0xfffff000n) << 32n) | ((ma & 0xfffn) << 8n) | (mi & 0xffn) | ((mi & 0xffffff00n) << 12n);
}

/** Major and minor of a device number. */
export function splitDev(dev: bigint): { readonly major: number; readonly minor: number } {
  const major = ((dev >> 32n) & 0xfffff000n) | ((dev >> 8n) & 0xfffn);
  const minor = ((dev >> 12n) & 0xffffff00n) | (dev & 0xffn);
  return { major: Number(major), minor: Number(minor) };
}

function word(offset: number): number {
  return words[offset >> 2] as number;
}

function long(offset: number): bigint {
  return longs[offset >> 3] as bigint;
}

function time(offset: number): bigint {
  return (seconds[offset >> 3] as bigint) * 1_000_000_000n + BigInt(word(offset + 8));
}

/**
 * statx(2) of a name in a directory, no symlink followed; `''` is the descriptor itself.
 *
 * @throws SysError with statx's errors
 */
export function stat(dirfd: number, name: Bytes): Stat {
  const result = statRaw(dirfd, name);
  if (result < 0) throw new SysError('statx', -result, name);
  return parse();
}

/** As {@link stat}; undefined where there is no such name. */
export function statIfThere(dirfd: number, name: Bytes): Stat | undefined {
  return isThere(dirfd, name) ? parse() : undefined;
}

/** Looks at a name; false where there is none. */
function isThere(dirfd: number, name: Bytes): boolean {
  const result = statRaw(dirfd, name);
  if (result < 0 && result !== -ENOENT) throw new SysError('statx', -result, name);
  return result >= 0;
}

/** What tells an inode from others and how many names it has. */
export interface Sight extends InodeId {
  readonly mode: number;
  readonly nlink: number;
  /** Bytes; exact below 2^53. */
  readonly size: number;
}

/** As {@link statIfThere} where no more is asked: a whole {@link Stat} costs as much as the call. */
export function sight(dirfd: number, name: Bytes): Sight | undefined {
  if (!isThere(dirfd, name)) return undefined;
  return {
    dev: deviceAt(136),
    ino: long(32),
    mode: word(28) & 0xffff,
    nlink: word(16),
    size: word(44) * 2 ** 32 + word(40),
  };
}

/** What of a {@link Stat} stays as it is while nobody writes to a file or links it. */
export type Facts = Omit<Stat, 'attributes' | 'blocks' | 'atime' | 'btime' | 'ctime'>;

/** As {@link statIfThere}, of half the size: for what is kept of 50,000 files. */
export function factsIfThere(dirfd: number, name: Bytes): Facts | undefined {
  if (!isThere(dirfd, name)) return undefined;
  return {
    nlink: word(16),
    uid: word(20),
    gid: word(24),
    mode: word(28) & 0xffff,
    ino: long(32),
    size: long(40),
    mtime: time(112),
    rdev: rdev(),
    dev: deviceAt(136),
  };
}

/** Files met one after the other are mostly of one device. */
const device = { major: 0, minor: 0, dev: 0n };

function deviceAt(offset: number): bigint {
  const major = word(offset);
  const minor = word(offset + 4);
  if (major !== device.major || minor !== device.minor) {
    device.major = major;
    device.minor = minor;
    device.dev = makeDev(major, minor);
  }
  return device.dev;
}

function statRaw(dirfd: number, name: Bytes): number {
  checkDirFd(dirfd);
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name === '' ? AT_EMPTY_PATH : 0);
  return invokeRaw('statx', dirfd, name, () =>
    statxCall(SYS.statx, dirfd, pathArgument.put(name), flags, STATX_BASIC_AND_BIRTH, address),
  );
}

function parse(): Stat {
  return {
    attributes: long(8),
    nlink: word(16),
    uid: word(20),
    gid: word(24),
    mode: word(28) & 0xffff,
    ino: long(32),
    size: long(40),
    blocks: long(48),
    atime: time(64),
    btime: time(80),
    ctime: time(96),
    mtime: time(112),
    rdev: rdev(),
    dev: deviceAt(136),
  };
}

function rdev(): bigint {
  const major = word(128);
  const minor = word(132);
  return major === 0 && minor === 0 ? 0n : makeDev(major, minor);
}

export const isDirectory = (s: Pick<Stat, 'mode'>): boolean => (s.mode & S_IFMT) === S_IFDIR;
export const isRegular = (s: Pick<Stat, 'mode'>): boolean => (s.mode & S_IFMT) === S_IFREG;
export const isBlockDevice = (s: Stat): boolean => (s.mode & S_IFMT) === S_IFBLK;
export const isSymlink = (s: Pick<Stat, 'mode'>): boolean => (s.mode & S_IFMT) === S_IFLNK;

/** The overlay whiteout: a character device 0:0. */
export const isNullDevice = (s: Stat): boolean => (s.mode & S_IFMT) === S_IFCHR && s.rdev === 0n;
