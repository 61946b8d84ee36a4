import { type Bytes, baseOf, parentOf } from '../sys/bytes.js';
import { withFd } from '../sys/open.js';
import { type Stat, statIfThere } from '../sys/stat.js';
import { unless } from '../sys/sys-error.js';
import type { OpenDirectories } from '../union/open-directories.js';
import { openLongPath } from '../union/open-layer-directory.js';

/**
 * The stat of a path below a directory; undefined where it is not there (any more).
 *
 * @param directories - where directories may be kept open
 */
export function statPath(root: number, path: Bytes, directories?: OpenDirectories): Stat | undefined {
  const [parent, name] = [parentOf(path), baseOf(path)];
  return unless(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'], () => {
    if (parent === '') return statIfThere(root, name);
    if (directories !== undefined) return statIfThere(directories.open(root, parent), name);
    return withFd(openLongPath(root, parent), (fd) => statIfThere(fd, name));
  });
}
