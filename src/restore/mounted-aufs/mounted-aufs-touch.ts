import { setTimes } from '../../sys/attributes.js';
import { type Bytes, baseOf, parentOf } from '../../sys/bytes.js';
import { pread } from '../../sys/data.js';
import { O_NOATIME, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, openBeneath, withFd } from '../../sys/open.js';
import { isRegular, stat } from '../../sys/stat.js';
import type { OpenDirectories } from '../../union/open-directories.js';
import { SELF } from '../site.js';

/**
 * Makes the kernel link a name of a pseudo-link for real, changing nothing but ctime: reading one byte does it, for
 * what cannot be read the setting of the very times it has. Never by chown, which strips setuid, setgid and file
 * capabilities.
 *
 * @param mount - the mount's root directory
 * @param inode - the union inode number that the name must show
 * @returns false where the name shows another file by now, which is left alone
 * @throws SysError ENOSPC where the branch is full, and the like
 */
export function touchName(mount: number, path: Bytes, inode: bigint, directories: OpenDirectories): boolean {
  const directory = directories.open(mount, parentOf(path));
  const name = baseOf(path);
  const facts = stat(directory, name);
  if (facts.ino !== inode) return false;
  if (!isRegular(facts) || facts.size === 0n) {
    setTimes(directory, name, facts.atime, facts.mtime);
    return true;
  }
  return withFd(openBeneath(directory, name, O_RDONLY | O_NOATIME | O_NOFOLLOW | O_NONBLOCK), (fd) => {
    if (stat(fd, SELF).ino !== inode) return false;
    pread(fd, Buffer.alloc(1), 0);
    return true;
  });
}
