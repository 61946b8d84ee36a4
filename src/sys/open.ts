import { constants } from 'node:fs';
import type { Bytes } from './bytes.js';
import { checkDirFd, checkFd } from './check.js';
import { ADDRESS, type Address, type FixedMemory, native, OPENAT2, syscall } from './libc.js';
import {
  HOW_SIZE,
  openHow,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from './open-how.js';
import { pathArgument } from './path-argument.js';
import { invoke, invokeRaw } from './seam.js';
import { isSysError, SysError } from './sys-error.js';

/** `open(2)` flags that Node does not name, the same on every Linux architecture. */
export const O_PATH = 0o10000000;
export const O_CLOEXEC = 0o2000000;
export const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
export const O_NOATIME = constants.O_NOATIME;

const EBADF = 9;

const beneath = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

const openat2Call = syscall('int', ADDRESS, ADDRESS, 'size_t');
const openatCall = native('int openat(int dirfd, int64_t path, int flags, unsigned int mode)');
const closeCall = native('int close(int fd)');

const hows = new Map<number, FixedMemory>();

/** `struct open_how`; a walk asks for the same one at every directory. */
function howOf(flags: number, resolve: number): Address {
  const key = flags * 32 + resolve;
  let how = hows.get(key);
  if (how === undefined) {
    how = openHow(flags | O_CLOEXEC, resolve);
    hows.set(key, how);
  }
  return how.address;
}

function openat2(dirfd: number, path: Bytes, flags: number, resolve: number): number {
  checkDirFd(dirfd);
  const how = howOf(flags, resolve);
  return invoke('openat2', dirfd, path, () =>
    openat2Call(OPENAT2, dirfd, pathArgument.put(path), how, HOW_SIZE),
  );
}

/**
 * Opens a path below a directory: no symlink is followed, nothing above the directory and no other mount is
 * reached (openat2(2), Linux 5.6). `''` opens the directory itself anew.
 *
 * @throws SysError ELOOP for a symlink on the way, EXDEV for a mount or an escape, and open's usual errors
 */
export function openBeneath(dirfd: number, path: Bytes, flags: number): number {
  return openat2(dirfd, path === '' ? ('.' as Bytes) : path, flags, beneath | RESOLVE_NO_XDEV);
}

/** As {@link openBeneath}, but other file systems mounted inside may be entered. */
export function openBeneathAnyMount(dirfd: number, path: Bytes, flags: number): number {
  return openat2(dirfd, path === '' ? ('.' as Bytes) : path, flags, beneath);
}

/** Opens a path that the administrator gave; symlinks on it are his and are followed. */
export function openTrusted(path: Bytes, flags: number): number {
  return invoke('openat', -100, path, () => openatCall(-100, pathArgument.put(path), flags | O_CLOEXEC, 0));
}

/**
 * Whether an open directory lies below the root of the mount that it was opened through, the root itself included. One
 * that was opened by its handle need not: then the kernel knows no parent of it there (path_connected() in fs/namei.c).
 */
export function isBelowMountRoot(fd: number): boolean {
  checkFd(fd);
  try {
    const flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    close(invoke('openat', fd, '..', () => openatCall(fd, pathArgument.put('..' as Bytes), flags, 0)));
    return true;
  } catch (error) {
    if (isSysError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** A directory that the administrator gave, open for reading; its atime stays where this process may see to that. */
export function openDirectory(path: Bytes): number {
  try {
    return openTrusted(path, O_RDONLY | O_DIRECTORY | O_NOATIME);
  } catch (error) {
    if (isSysError(error, 'EPERM')) return openTrusted(path, O_RDONLY | O_DIRECTORY);
    throw error;
  }
}

/** Creates a new regular file below a directory fd; fails if anything has that name. */
export function createFile(dirfd: number, name: Bytes, mode: number): number {
  checkDirFd(dirfd);
  const flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  return invoke('openat_create', dirfd, name, () => openatCall(dirfd, pathArgument.put(name), flags, mode));
}

/**
 * Closes a descriptor. Linux has let go of it whatever close(2) returns, and what a write lost is fsync's to tell:
 * only a number that is no descriptor is an error.
 */
export function close(fd: number): void {
  checkFd(fd);
  const result = invokeRaw('close', fd, '', () => closeCall(fd));
  if (result === -EBADF) throw new SysError('close', EBADF);
}

/** Runs `body` with a descriptor and closes it in every case; a failure of `body` is never hidden by the close. */
export function withFd<T>(fd: number, body: (fd: number) => T): T {
  let result: T;
  try {
    result = body(fd);
  } catch (error) {
    try {
      close(fd);
    } catch {
      // The first error is the one that explains.
    }
    throw error;
  }
  close(fd);
  return result;
}
