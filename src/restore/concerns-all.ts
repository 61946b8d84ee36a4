import { isSysError, type SysError } from '../sys/sys-error.js';
import { systemCalls } from '../sys/system-call.js';

/**
 * Whether a failure is one of the file system or the machine as a whole, so that going on would only repeat it. What
 * cannot be read, on a bad block or in a damaged inode, is one file; what cannot be written is not.
 */
export function concernsAll(error: SysError): boolean {
  if (isSysError(error, 'EIO', 'EUCLEAN')) return systemCalls[error.syscall] === 'effect';
  return isSysError(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'ENOMEM', 'EMFILE', 'ENFILE');
}
