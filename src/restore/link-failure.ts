import type { SysError } from '../sys/sys-error.js';

const remedies: Readonly<Record<string, string>> = {
  EXDEV: 'upper and index are on different mounts or under different project quotas: no link can be made',
  EMLINK: 'the file has as many links as its file system allows',
  EPERM: 'the file or directory is immutable or append-only: lift the flag (chattr -i -a) and run again',
  EEXIST: 'something else has the name by now',
  ENOTDIR: 'a directory on the way is no directory any more',
  ELOOP: 'a directory on the way has become a symbolic link, which is not followed',
  ENOENT: 'a directory on the way is gone',
  EOVERFLOW:
    'the owner of a directory it needs is not mapped by the mount it is on: the kernel refuses as well (EOVERFLOW)',
  E2BIG: 'the attributes of a file or directory do not fit on the upper file system',
  ENAMETOOLONG: 'the name is longer than the upper file system allows',
};

/** Why one entry could not be finished, in one sentence. */
export function linkFailure(error: SysError): string {
  if (error.syscall === 'fchownat' && error.code === 'EPERM') {
    return 'a directory it needs belongs to another user, and only root can make one like it';
  }
  return remedies[error.code] ?? `${error.syscall}: ${error.meaning}`;
}
