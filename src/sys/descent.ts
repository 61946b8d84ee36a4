import type { Bytes } from './bytes.js';
import { BadArgument, checkFd } from './check.js';
import { ADDRESS, type Address, errno, fixedMemory, nativeNow, OPENAT2, SYS, syscallNow } from './libc.js';
import { O_CLOEXEC, O_DIRECTORY, O_NOATIME, O_NOFOLLOW, O_RDONLY } from './open.js';
import { HOW_SIZE, openHow, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from './open-how.js';
import { interposed, invokeRaw } from './seam.js';
import { SysError } from './sys-error.js';

// The three calls that a walk makes for every directory, in memory of their own, with nothing created on the way: each
// thread has one of everything here, and nothing of it is kept from one call to the next.

/** A name is at most 255 bytes on every file system of Linux, but a record could hold this much. */
const NAME_SIZE = 64 * 1024;
const RECORDS_SIZE = 256 * 1024;

const resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;

const openat2Call = syscallNow('int', ADDRESS, ADDRESS, 'size_t');
const getdentsCall = syscallNow('int', ADDRESS, 'size_t');
const closeCall = nativeNow('int close(int fd)');

const name = fixedMemory(NAME_SIZE);
const records = fixedMemory(RECORDS_SIZE);
const plainFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
const quiet = openHow(plainFlags | O_NOATIME, resolve);
const plain = openHow(plainFlags, resolve);

const EPERM = 1;
const EINTR = 4;
const EBADF = 9;

/** What {@link readRecords} wrote: `struct linux_dirent64` one after another. */
export const recordBytes: Uint8Array = records.bytes;
/** The same in words: an inode number is the first two of a record. */
export const recordWords = new Uint32Array(records.bytes.buffer);

/**
 * Opens a subdirectory for reading as `openQuietly` does: no symlink, no mount, atime left alone where it may be.
 *
 * @param from - holds its name from `at` on, a NUL behind it
 * @returns the descriptor, or `-errno`
 */
export function openSubdirectory(dirfd: number, from: Uint8Array, at: number): number {
  checkFd(dirfd);
  const { bytes } = name;
  for (let i = 0; ; i += 1) {
    const byte = from[at + i];
    if (byte === undefined || i === NAME_SIZE) throw new BadArgument('a name without an end');
    bytes[i] = byte;
    if (byte === 0) break;
  }
  const fd = openAs(dirfd, quiet.address);
  return fd === -EPERM ? openAs(dirfd, plain.address) : fd;
}

function openAs(dirfd: number, address: Address): number {
  if (interposed()) return invokeRaw('openat2', dirfd, copiedName(), () => openat2(dirfd, address));
  for (;;) {
    const fd = openat2(dirfd, address);
    if (fd >= 0) return fd;
    const error = errno();
    if (error !== EINTR) return -error;
  }
}

function openat2(dirfd: number, address: Address): number {
  return openat2Call(OPENAT2, dirfd, name.address, address, HOW_SIZE);
}

function copiedName(): Bytes {
  return Buffer.from(name.bytes.buffer).toString('latin1', 0, name.bytes.indexOf(0)) as Bytes;
}

/** The next records of a directory into {@link recordBytes}: how many bytes, 0 at its end, or `-errno`. */
export function readRecords(fd: number): number {
  checkFd(fd);
  if (interposed()) return invokeRaw('getdents64', fd, '', () => getdents(fd));
  for (;;) {
    const length = getdents(fd);
    if (length >= 0) return length;
    const error = errno();
    if (error !== EINTR) return -error;
  }
}

function getdents(fd: number): number {
  return getdentsCall(SYS.getdents64, fd, records.address, RECORDS_SIZE);
}

/** As `close`. */
export function closeDirectory(fd: number): void {
  checkFd(fd);
  if (interposed()) {
    if (invokeRaw('close', fd, '', () => closeCall(fd)) !== -EBADF) return;
  } else if (closeCall(fd) >= 0 || errno() !== EBADF) return;
  throw new SysError('close', EBADF);
}
