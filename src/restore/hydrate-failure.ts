import { isSysError, type SysError } from '../sys/sys-error.js';
import { size } from '../words/plural.js';

/** The calls of a hydration that are about the lower file. */
const LOWER: readonly string[] = ['open_by_handle_at', 'lseek', 'pread'];

/**
 * Why one metadata-only file could not be given its data, in one sentence with its remedy: a smaller one may still find
 * room, and another lower file may be readable. Undefined where the failure is no matter of this file alone.
 *
 * @param bytes - its size
 */
export function hydrateFailure(error: unknown, bytes: bigint): string | undefined {
  if (isSysError(error, 'ENOSPC')) {
    return `its data, ${size(bytes)} in the lower, finds no room: free some space on the upper file system and run again`;
  }
  if (isSysError(error, 'EDQUOT')) {
    return `its data, ${size(bytes)} in the lower, is more than the quota allows: raise the quota and run again`;
  }
  if (isSysError(error, 'EIO', 'EUCLEAN') && LOWER.includes(error.syscall)) return unreadable(error);
  if (isSysError(error, 'EAGAIN') && error.syscall === 'fcntl')
    return 'somebody has it open, as through a mount that was detached: run again when it is closed';
  return undefined;
}

function unreadable({ syscall, meaning }: SysError): string {
  return `its data cannot be read from the lower file (${syscall}: ${meaning}): mend that lower and run again`;
}
