import type { Bytes } from '../../sys/bytes.js';
import { close } from '../../sys/open.js';
import { DT_DIR, readDirectory } from '../../sys/read-directory.js';
import { isSysError } from '../../sys/sys-error.js';
import { openLayerPath } from '../../union/open-layer-directory.js';
import type { Layer } from '../../union/view-rules.js';
import type { InodeSet } from '../walk/inode-set.js';

/**
 * Tells the names in one directory of a layer whose inode numbers are wanted, whatever the union shows of them.
 * Nothing for a path that cannot be read.
 */
export function lookInto(
  layer: Layer,
  path: Bytes,
  wanted: InodeSet | 'all',
  onName: (dirfd: number, name: Bytes) => void,
): void {
  let fd: number;
  try {
    fd = openLayerPath(layer, path);
  } catch (error) {
    if (isSysError(error)) return;
    throw error;
  }
  try {
    for (const { name, ino, type } of readDirectory(fd)) {
      if (type === DT_DIR) continue;
      if (wanted === 'all' || wanted.has(Number(ino & 0xffffffffn), Number(ino >> 32n))) onName(fd, name);
    }
  } catch (error) {
    if (!isSysError(error)) throw error;
  } finally {
    close(fd);
  }
}
