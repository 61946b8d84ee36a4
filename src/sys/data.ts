import { BadArgument, checkFd } from './check.js';
import { ADDRESS, errno, type FixedMemory, native, nativeNow } from './libc.js';
import { interposed, invoke } from './seam.js';
import { isSysError, SysError } from './sys-error.js';

const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const EINTR = 4;

const preadCall = native('long pread(int fd, void *buffer, size_t size, int64_t offset)');
const pwriteCall = native('long pwrite(int fd, void *buffer, size_t size, int64_t offset)');
const writeCall = native('long write(int fd, void *buffer, size_t size)');
const lseekCall = native('int64_t lseek(int fd, int64_t offset, int whence)');
const ftruncateCall = native('int ftruncate(int fd, int64_t length)');

/** Reads up to `buffer.length` bytes at `offset`; the number read, 0 at the end. */
export function pread(fd: number, buffer: Buffer, offset: number): number {
  return invoke('pread', checkFd(fd), '', () => preadCall(fd, buffer, buffer.length, offset));
}

let preadFixedCall: ReturnType<typeof nativeNow> | undefined;

/**
 * As {@link pread}, into memory that stays where it is, and with nothing around the call: for those who make a hundred
 * thousand.
 *
 * @param size - bytes wanted
 * @param at - where in the memory, bytes; there must be so many from there
 * @throws SysError
 */
export function preadFixed(
  fd: number,
  { address, bytes }: FixedMemory,
  size: number,
  offset: number,
  at = 0,
): number {
  checkFd(fd);
  if (!(at >= 0 && size >= 0 && at + size <= bytes.length))
    throw new BadArgument(`${size} bytes at ${at} of memory for ${bytes.length}`);
  preadFixedCall ??= nativeNow(`long pread(int fd, ${ADDRESS} buffer, size_t size, int64_t offset)`);
  const call = preadFixedCall;
  const into = typeof address === 'number' ? address + at : address + BigInt(at);
  if (interposed()) return invoke('pread', fd, '', () => call(fd, into, size, offset));
  for (;;) {
    const length = call(fd, into, size, offset);
    if (length >= 0) return length;
    const error = errno();
    if (error !== EINTR) throw new SysError('pread', error);
  }
}

/** Writes the whole buffer at `offset`. */
export function pwrite(fd: number, buffer: Buffer, offset: number): void {
  for (let done = 0; done < buffer.length; ) {
    const rest = buffer.subarray(done);
    const at = offset + done;
    done += invoke('pwrite', checkFd(fd), '', () => pwriteCall(fd, rest, rest.length, at));
  }
}

/** One write(2) at the file's own position; the bytes taken. For files of the kernel, which act on each call. */
export function write(fd: number, buffer: Buffer): number {
  return invoke('write', checkFd(fd), '', () => writeCall(fd, buffer, buffer.length));
}

/** Sets a file's length, bytes. */
export function truncate(fd: number, length: number): void {
  invoke('ftruncate', checkFd(fd), '', () => ftruncateCall(fd, length));
}

/** The next extent of data at or after `offset`; undefined when only a hole is left. */
export function nextData(
  fd: number,
  offset: number,
): { readonly start: number; readonly end: number } | undefined {
  try {
    const start = invoke('lseek', checkFd(fd), '', () => lseekCall(fd, offset, SEEK_DATA));
    const end = invoke('lseek', fd, '', () => lseekCall(fd, start, SEEK_HOLE));
    return { start, end };
  } catch (error) {
    if (isSysError(error, 'ENXIO')) return undefined;
    throw error;
  }
}
