import { Problem } from '../problem.js';
import { ascii, type Bytes, joinBytes } from '../sys/bytes.js';
import { type InodeId, inodeKey, inodeOf } from '../sys/inode-id.js';
import { close, O_DIRECTORY, O_RDONLY, openBeneath, openDirectory, withFd } from '../sys/open.js';
import { splitDev, stat } from '../sys/stat.js';
import { isSysError, unless } from '../sys/sys-error.js';
import { PLINK_DIRECTORY } from '../union/aufs-names.js';
import type { Union } from '../union/union.js';

const OVERLAY_INDEX = ascii('index');

/** A directory whose flock(2) is the lock, open. */
export interface LockObject extends InodeId {
  readonly path: Bytes;
  readonly fd: number;
  /** `MAJOR:MINOR-INODE`, the base name of what lies in the runtime directory. */
  readonly id: string;
}

/**
 * Opens what a union's maintenance locks: the index directory of each upper branch, or the directory that would
 * hold it. Always by branch path: a descriptor inside the mounted union would keep it from being unmounted. In the
 * order of device and inode, so that two who need several cannot wait for each other.
 *
 * @throws Problem operational `no-such-directory`, `permission`
 */
export function openLockObjects(union: Union): LockObject[] {
  const homes =
    union.format === 'overlay'
      ? [union.work]
      : union.branches.filter(({ role }) => role === 'upper').map(({ path }) => path);
  const objects = new Map<string, LockObject>();
  try {
    for (const home of homes) {
      const object = openIndex(home, union.format === 'overlay' ? OVERLAY_INDEX : PLINK_DIRECTORY);
      // The same branch named twice would wait for itself.
      if (objects.has(object.id)) close(object.fd);
      else objects.set(object.id, object);
    }
  } catch (error) {
    closeLockObjects([...objects.values()]);
    throw error;
  }
  return [...objects.values()].sort((a, b) => Number(a.dev - b.dev) || Number(a.ino - b.ino));
}

export function closeLockObjects(objects: readonly LockObject[]): void {
  for (const { fd } of objects) close(fd);
}

/** Whether the same directories are still at the union's paths: a mount may have made an index meanwhile. */
export function areStillThere(objects: readonly LockObject[], union: Union): boolean {
  const now = openLockObjects(union);
  closeLockObjects(now);
  return now.map(inodeKey).join() === objects.map(inodeKey).join();
}

function openIndex(home: Bytes, name: Bytes): LockObject {
  try {
    return withFd(openDirectory(home), (homeFd) => {
      // Something else under that name is damage that a scan tells of; the lock must not depend on it.
      const index = unless(['ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV'], () =>
        openBeneath(homeFd, name, O_RDONLY | O_DIRECTORY),
      );
      return index === undefined
        ? identified(home, openBeneath(homeFd, ascii(''), O_RDONLY | O_DIRECTORY))
        : identified(joinBytes(home, name), index);
    });
  } catch (error) {
    if (isSysError(error, 'ENOENT', 'ENOTDIR')) {
      const details = { path: home, cause: error };
      throw new Problem('operational', 'no-such-directory', 'there is no such directory to lock', details);
    }
    if (isSysError(error, 'EACCES', 'EPERM')) {
      throw new Problem(
        'operational',
        'permission',
        'the index cannot be opened to lock it: permission denied',
        {
          path: home,
          hint: 'the index belongs to root; run as root, or inside of the user namespace that mounted the union',
          cause: error,
        },
      );
    }
    throw error;
  }
}

function inodeOfOpen(fd: number): InodeId {
  try {
    return inodeOf(stat(fd, ascii('')));
  } catch (error) {
    close(fd);
    throw error;
  }
}

function identified(path: Bytes, fd: number): LockObject {
  const inode = inodeOfOpen(fd);
  const { major, minor } = splitDev(inode.dev);
  return { ...inode, path, fd, id: `${major}:${minor}-${inode.ino}` };
}
