import type { Bytes } from '../../sys/bytes.js';
import { sameInode } from '../../sys/inode-id.js';
import { type Stat, statIfThere } from '../../sys/stat.js';
import { SpotChanged } from './repair-site.js';

/**
 * Refuses to go on where a name is not the file that was judged, or that was written to or changed since. Asked right
 * before the name is taken: the kernel takes whatever has it then, and gives nothing back.
 *
 * @param links - names that this run gave the file since
 * @returns what it is now
 * @throws SpotChanged
 */
export function refuseChanged(dirfd: number, name: Bytes, judged: Stat, links = 0): Stat {
  const now = statIfThere(dirfd, name);
  if (now === undefined) throw new SpotChanged('is gone since it was looked at');
  // A link moves the time of change too.
  const touched = links === 0 && now.ctime !== judged.ctime;
  const written = now.size !== judged.size || now.mtime !== judged.mtime;
  if (touched || written || !sameInode(now, judged) || now.nlink !== judged.nlink + links)
    throw new SpotChanged('changed since it was looked at, and is kept');
  return now;
}
