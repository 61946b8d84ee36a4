import { type Bytes, baseOf, parentOf } from '../../sys/bytes.js';
import { withFd } from '../../sys/open.js';
import { isDirectory, isRegular, stat } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { removeXattr } from '../../sys/xattr.js';
import { openLongPath } from '../../union/open-layer-directory.js';
import type { Site } from '../site.js';

/**
 * Removes what a flush takes off an inode last: `overlay.origin`, then `overlay.nlink`. The other order makes the
 * kernel warn; before the entry is gone it would make the overlay unmountable.
 */
export function stripInode(site: Site, dirfd: number, name: Bytes): void {
  const { marks } = site;
  if (marks === undefined) return;
  for (const mark of [marks.origin, marks.nlink]) {
    try {
      removeXattr(dirfd, name, mark);
    } catch (error) {
      if (!isSysError(error, 'EPERM') || mayHave(dirfd, name, mark)) throw error;
    }
  }
}

/** xattr(7): a symlink or a device has no attribute of a user, and none can be taken away. */
function mayHave(dirfd: number, name: Bytes, attribute: string): boolean {
  if (!attribute.startsWith('user.')) return true;
  const facts = stat(dirfd, name);
  return isRegular(facts) || isDirectory(facts);
}

/** Does the same for upper names that an interrupted flush left marked. */
export function stripMarks(site: Site, paths: readonly Bytes[]): void {
  for (const path of paths) {
    try {
      withFd(openLongPath(site.layer(0).root, parentOf(path)), (fd) => stripInode(site, fd, baseOf(path)));
    } catch (error) {
      if (!isSysError(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
    }
  }
}
