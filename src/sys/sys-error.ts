import type { SystemCall } from './system-call.js';

const meanings: Readonly<Record<string, string>> = {
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  EIO: 'input/output error',
  EBADF: 'bad file descriptor',
  EAGAIN: 'resource temporarily unavailable',
  ENOMEM: 'out of memory',
  EACCES: 'permission denied',
  EBUSY: 'busy',
  EEXIST: 'file exists',
  EXDEV: 'on another mount or file system',
  ENODEV: 'no such device',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EINVAL: 'invalid argument',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in the system',
  ETXTBSY: 'program is being executed',
  EFBIG: 'file too large',
  ENOSPC: 'no space left on device',
  EROFS: 'read-only file system',
  EMLINK: 'too many links',
  E2BIG: 'value too long',
  ENAMETOOLONG: 'name too long',
  ENOSYS: 'not known to this kernel',
  ENOTEMPTY: 'directory not empty',
  ELOOP: 'symbolic link in the way',
  ENODATA: 'no such attribute',
  EOPNOTSUPP: 'not supported by this file system',
  ESTALE: 'stale file handle',
  EDQUOT: 'disk quota exceeded',
  EUCLEAN: 'file system is damaged',
  ENOKEY: 'encrypted, and its key is not there',
};

let names: ReadonlyMap<number, string> | undefined;

/** The usual name of an errno value, such as `ENOENT`; `E<number>` for one that has none. */
export function errnoName(errno: number): string {
  names ??= namesOfErrno();
  return names.get(errno) ?? `E${errno}`;
}

function namesOfErrno(): Map<number, string> {
  // Asked for with the first error: imported, it would cost every start 0.3 ms.
  const { errno } = process.getBuiltinModule('node:os').constants;
  const all = new Map<number, string>(Object.entries(errno).map(([name, value]) => [value as number, name]));
  // Not in node:os: what xfs and ext4 answer for a corrupt inode, and what they do for an encrypted one that is locked.
  all.set(117, 'EUCLEAN');
  all.set(ENOKEY, 'ENOKEY');
  // Several names share a number (EAGAIN/EWOULDBLOCK, EOPNOTSUPP/ENOTSUP); these are the ones people search for.
  all.set(errno.EAGAIN, 'EAGAIN');
  all.set(errno.EOPNOTSUPP, 'EOPNOTSUPP');
  return all;
}

/** The error of what is encrypted and has no key. */
export const ENOKEY = 126;

/** What an errno name means, in words; the name itself where it is not known. */
export function meaningOf(code: string): string {
  return meanings[code] ?? code;
}

/** A failed system call. `code` is the errno's name; match on it, never on the message. */
export class SysError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: SystemCall;
  /** The byte-string path the call was about, as far as the caller knew it. */
  readonly path: string | undefined;

  constructor(syscall: SystemCall, errno: number, path?: string, options?: ErrorOptions) {
    const code = errnoName(errno);
    super(`${syscall}: ${meaningOf(code)}`, options);
    this.name = 'SysError';
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    this.path = path;
  }

  /** The errno's meaning in words, without the call. */
  get meaning(): string {
    return meaningOf(this.code);
  }
}

/** True for a {@link SysError} with one of the codes. */
export function isSysError(error: unknown, ...codes: readonly string[]): error is SysError {
  return error instanceof SysError && (codes.length === 0 || codes.includes(error.code));
}

/** `action`'s result, or undefined where it fails with one of `codes`; any other failure passes through. */
export function unless<T>(codes: readonly string[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isSysError(error, ...codes)) return undefined;
    throw error;
  }
}
