import { isSysError, type SysError } from '../../sys/sys-error.js';
import { systemCalls } from '../../sys/system-call.js';
import { size } from '../../words/plural.js';

/** One file of which no copy can be kept: it stays where it is, and others may still be kept. */
export class NotCopied extends Error {
  readonly code = 'NOT_COPIED' as const;
  override readonly name = 'NotCopied';
}

const MAKE: readonly string[] = ['openat_create', 'mknodat', 'symlinkat'];

/**
 * What failed as a matter of this file alone, or else the error itself.
 *
 * @param bytes - its size
 */
export function notCopied(error: unknown, bytes: bigint): unknown {
  const why = isSysError(error) ? reasonOf(error, bytes) : undefined;
  return why === undefined ? error : new NotCopied(why, { cause: error });
}

function reasonOf(error: SysError, bytes: bigint): string | undefined {
  const { syscall, meaning } = error;
  const failed = `${syscall}: ${meaning}`;
  const elsewhere = 'give a directory on another file system';
  // Where not even an empty file finds room no other one will.
  if (isSysError(error, 'ENOSPC', 'EDQUOT') && !MAKE.includes(syscall)) {
    return `the rescue directory has no room for its ${size(bytes)}: free some there or ${elsewhere}, and run again`;
  }
  if (isSysError(error, 'EFBIG')) {
    return `the rescue directory takes no file of ${size(bytes)}: ${elsewhere}`;
  }
  const reading = systemCalls[syscall] === 'read';
  if (reading && isSysError(error, 'EIO', 'EUCLEAN')) {
    return `it cannot be read (${failed}), so that no copy of it can be kept`;
  }
  if (!reading && isSysError(error, 'EOPNOTSUPP', 'E2BIG', 'ERANGE', 'EPERM', 'EINVAL')) {
    return `the rescue directory cannot keep all that belongs to it (${failed}): ${elsewhere}`;
  }
  return undefined;
}
