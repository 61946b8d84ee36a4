import { Problem } from '../problem.js';
import { shown } from '../report/shown.js';
import type { Bytes } from '../sys/bytes.js';
import { SysError } from '../sys/sys-error.js';
import type { Union } from '../union/union.js';

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space or inodes on the upper file system, then run the same command again',
  EDQUOT: 'raise the quota of the upper file system, then run the same command again',
  EROFS: 'mount the upper file system read-write, then run the same command again',
  EACCES: 'run it as root, or as the owner of the branches',
  EPERM: 'run it as root, or as the owner of the branches',
};

/**
 * What the user is told where the file system refuses in a way that concerns every entry; other errors pass as they
 * are. A call on a descriptor knows no path or a mere name: the upper says which union it was.
 */
export function writeFailure(error: unknown, { branches }: Union): unknown {
  if (!(error instanceof SysError)) return error;
  const name = error.path === undefined || error.path === '' ? '' : ` ${shown(error.path as Bytes)}`;
  return new Problem('operational', 'write', `${error.syscall}${name}: ${error.meaning}`, {
    path: branches.find(({ role }) => role === 'upper')?.path,
    cause: error,
    hint: hints[error.code] ?? 'nothing is lost; run the same command again when the cause is mended',
  });
}
