import type { Bytes } from './bytes.js';

/** Wrong arguments to a system call: a fault of this program, thrown before the kernel sees them. */
export class BadArgument extends TypeError {
  readonly code = 'PLINKCTL_BAD_ARGUMENT' as const;
  override readonly name = 'BadArgument';
}

/** `AT_FDCWD`: relative names are looked up from the working directory. */
export const AT_FDCWD = -100;

/** Throws unless `fd` is a descriptor number: koffi passes NaN as 0, and `close(NaN)` would close stdin. */
export function checkFd(fd: number): number {
  if (!Number.isInteger(fd) || fd < 0 || fd > 0x7fffffff)
    throw new BadArgument(`not a file descriptor: ${fd}`);
  return fd;
}

/** As {@link checkFd}, but lets `AT_FDCWD` pass. */
export function checkDirFd(fd: number): number {
  return fd === AT_FDCWD ? fd : checkFd(fd);
}

/** Throws unless `value` is a whole number within 32 bits without sign. */
export function checkU32(value: number, what: string): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff)
    throw new BadArgument(`bad ${what}: ${value}`);
  return value;
}

/**
 * A path for the kernel: NUL-terminated. Throws for a NUL inside, at which the kernel would silently cut the
 * name, and for a unit above 255, which is decoded text and not bytes.
 */
export function cString(path: Bytes): Buffer {
  const buffer = Buffer.allocUnsafe(path.length + 1);
  for (let i = 0; i < path.length; i += 1) {
    const unit = path.charCodeAt(i);
    if (unit === 0) throw new BadArgument('NUL in a file name');
    if (unit > 255) throw new BadArgument('decoded text where bytes are needed');
    buffer[i] = unit;
  }
  buffer[path.length] = 0;
  return buffer;
}

/** A single component: not empty, no slash, not `.` or `..`. */
export function checkName(name: Bytes): Bytes {
  if (name === '' || name === '.' || name === '..' || name.includes('/')) {
    throw new BadArgument(`not a single file name: ${JSON.stringify(name)}`);
  }
  return name;
}
