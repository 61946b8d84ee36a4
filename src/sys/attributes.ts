import type { Bytes } from './bytes.js';
import { AT_FDCWD, checkDirFd, checkFd, checkU32, cString } from './check.js';
import { native } from './libc.js';
import { invoke } from './seam.js';

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const UTIME_OMIT = 0x3ffffffen;

const fchownatCall = native(
  'int fchownat(int dirfd, void *path, unsigned int uid, unsigned int gid, int flags)',
);
const fchmodCall = native('int fchmod(int fd, unsigned int mode)');
const utimensatCall = native('int utimensat(int dirfd, void *path, void *times, int flags)');
const futimensCall = native('int futimens(int fd, void *times)');

/**
 * Gives a file this program has just made its owner. Never use it on a user's file: any chown, also one to
 * the same owner, strips setuid, setgid and file capabilities.
 */
export function chown(dirfd: number, name: Bytes, uid: number, gid: number): void {
  const cname = cString(name);
  const flags = AT_SYMLINK_NOFOLLOW | (name === '' ? AT_EMPTY_PATH : 0);
  invoke('fchownat', checkDirFd(dirfd), name, () =>
    fchownatCall(dirfd, cname, checkU32(uid, 'uid'), checkU32(gid, 'gid'), flags),
  );
}

/** Sets the permission bits (with setuid, setgid, sticky) through an open descriptor. */
export function chmod(fd: number, mode: number): void {
  invoke('fchmod', checkFd(fd), '', () => fchmodCall(fd, checkU32(mode, 'mode') & 0o7777));
}

function timespec(buffer: Buffer, offset: number, ns: bigint): void {
  let seconds = ns / 1_000_000_000n;
  let rest = ns % 1_000_000_000n;
  if (rest < 0n) {
    seconds -= 1n;
    rest += 1_000_000_000n;
  }
  buffer.writeBigInt64LE(seconds, offset);
  buffer.writeBigInt64LE(rest, offset + 8);
}

/**
 * Sets atime and mtime to the nanosecond, no symlink followed; name `''` is the descriptor itself. Node's own
 * `utimes` takes doubles and loses the last digits.
 */
export function setTimes(dirfd: number, name: Bytes, atime: bigint, mtime: bigint): void {
  const times = Buffer.alloc(32);
  timespec(times, 0, atime);
  timespec(times, 16, mtime);
  if (name === '') {
    // AT_EMPTY_PATH came only with Linux 5.8.
    invoke('utimensat', checkFd(dirfd), name, () => futimensCall(dirfd, times));
    return;
  }
  const cname = cString(name);
  invoke('utimensat', checkDirFd(dirfd), name, () => utimensatCall(dirfd, cname, times, AT_SYMLINK_NOFOLLOW));
}

/**
 * Sets the atime, and leaves the mtime to whoever is writing, of what a descriptor stands for, `O_PATH` ones and
 * those of symlinks included.
 */
export function setAtime(fd: number, atime: bigint): void {
  const times = Buffer.alloc(32);
  timespec(times, 0, atime);
  times.writeBigInt64LE(UTIME_OMIT, 24);
  // futimens takes no O_PATH descriptor, and AT_EMPTY_PATH came only with Linux 5.8.
  const path = cString(`/proc/self/fd/${checkFd(fd)}` as Bytes);
  invoke('utimensat', fd, '', () => utimensatCall(AT_FDCWD, path, times, 0));
}
