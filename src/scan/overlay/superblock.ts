import { ascii } from '../../sys/bytes.js';
import { fileSystemOf, magic } from '../../sys/filesystem.js';
import { stat } from '../../sys/stat.js';

/**
 * Tells the file system that a directory is on from every other mounted one. Its device number does not on a btrfs,
 * whose subvolumes have one each; its UUID does there, for the kernel gives a second btrfs of the same UUID another one.
 *
 * @param root - descriptor of the directory
 * @param uuid - as the file system tells it
 */
export function superblockOf(root: number, uuid: Buffer | undefined): string {
  if (fileSystemOf(root).type === magic.btrfs && uuid !== undefined) return `btrfs ${uuid.toString('hex')}`;
  return String(stat(root, ascii('')).dev);
}
