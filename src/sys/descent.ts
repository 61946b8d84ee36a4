import type { Bytes } from './bytes.js';
import { BadArgument, checkFd } from './check.js';
import { ADDRESS, bare, errno, fixedMemory, OPENAT2, SYS } from './libc.js';
import { O_CLOEXEC, O_DIRECTORY, O_NOATIME, O_NOFOLLOW, O_RDONLY } from './open.js';
import { interposed, invokeRaw } from './seam.js';
import { SysError } from './sys-error.js';

// The three calls that a walk makes for every directory, in memory of their own, with nothing created on the way: each
// thread has one of everything here, and nothing of it is kept from one call to the next.

/** A name is at most 255 bytes on every file system of Linux, but a record could hold this much. */
const NAME_SIZE = 64 * 1024;
const RECORDS_SIZE = 256 * 1024;
const HOW_SIZE = 24;

const RESOLVE_NO_XDEV = 0x01;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;

const openat2Call = bare('syscall', 'long', 'int', ADDRESS, ADDRESS, 'size_t');
const getdentsCall = bare('syscall', 'long', 'int', ADDRESS, 'size_t');
const closeCall = bare('close', 'int');

const name = fixedMemory(NAME_SIZE);
const records = fixedMemory(RECORDS_SIZE);
const quiet = how(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME);
const plain = how(O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

const EPERM = 1;
const EINTR = 4;
const EBADF = 9;

function how(flags: number): ReturnType<typeof fixedMemory> {
  const memory = fixedMemory(HOW_SIZE);
  const view = new DataView(memory.bytes.buffer);
  view.setBigUint64(0, BigInt((flags | O_CLOEXEC) >>> 0), true);
  view.setBigUint64(16, BigInt(resolve), true);
  return memory;
}

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

function openAs(dirfd: number, address: number | bigint): number {
  if (interposed()) return invokeRaw('openat2', dirfd, copiedName(), () => result(openat2(dirfd, address)));
  for (;;) {
    const fd = openat2(dirfd, address);
    if (fd >= 0) return fd;
    const error = errno();
    if (error !== EINTR) return -error;
  }
}

function openat2(dirfd: number, address: number | bigint): number {
  return openat2Call(OPENAT2, dirfd, name.address, address, HOW_SIZE);
}

function copiedName(): Bytes {
  return Buffer.from(name.bytes.buffer).toString('latin1', 0, name.bytes.indexOf(0)) as Bytes;
}

/** The next records of a directory into {@link recordBytes}: how many bytes, 0 at its end, or `-errno`. */
export function readRecords(fd: number): number {
  checkFd(fd);
  if (interposed()) return invokeRaw('getdents64', fd, '', () => result(getdents(fd)));
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
  const closed = interposed()
    ? invokeRaw('close', fd, '', () => result(closeCall(fd)))
    : result(closeCall(fd));
  if (closed === -EBADF) throw new SysError('close', EBADF);
}

function result(value: number): number {
  return value < 0 ? -errno() : value;
}
