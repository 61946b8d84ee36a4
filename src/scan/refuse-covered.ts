import type { Bytes } from '../sys/bytes.js';
import { MOUNT_ROOT, statIfThere } from '../sys/stat.js';
import { SysError } from '../sys/sys-error.js';
import type { LayerDirectory } from '../union/view-rules.js';

const EXDEV = 18;

/**
 * Where no private copy of a lower's mount could be made: a file that is mounted over a name hides which file the union
 * shows there. It may be one that is looked for.
 *
 * @param inode - the number that the directory tells, where it does
 * @throws SysError EXDEV
 */
export function refuseCovered({ fd, layer }: LayerDirectory, name: Bytes, inode: bigint | undefined): void {
  if (layer.showsMounts !== true) return;
  const there = statIfThere(fd, name);
  if (there === undefined) return;
  const another = inode !== undefined && there.ino !== inode;
  if (another || (there.attributes & MOUNT_ROOT) !== 0n) throw new SysError('statx', EXDEV, name);
}
