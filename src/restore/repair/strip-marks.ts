import { type Bytes, baseOf, parentOf } from '../../sys/bytes.js';
import { withFd } from '../../sys/open.js';
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
  removeXattr(dirfd, name, marks.origin);
  removeXattr(dirfd, name, marks.nlink);
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
