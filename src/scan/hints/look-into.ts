import type { Bytes } from '../../sys/bytes.js';
import { type Handle, openByHandle } from '../../sys/handle.js';
import { isBelowMountRoot, O_DIRECTORY, O_NOATIME, O_PATH, O_RDONLY, withFd } from '../../sys/open.js';
import { DT_DIR, readDirectory } from '../../sys/read-directory.js';
import { isSysError } from '../../sys/sys-error.js';
import { openLayerPath } from '../../union/open-layer-directory.js';
import type { Layer } from '../../union/view-rules.js';
import type { InodeSet } from '../walk/inode-set.js';

const FLAGS = O_RDONLY | O_DIRECTORY | O_NOATIME;

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
  try {
    withFd(openLayerPath(layer, path), (fd) => tellNames(fd, wanted, onName));
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
}

/**
 * As {@link lookInto}, in a directory that lies in none of the layers of its file system; nothing for one that may.
 *
 * @param layers - all of them
 * @param directory - its handle
 */
export function lookOutside(
  layers: readonly Layer[],
  directory: Handle,
  wanted: InodeSet | 'all',
  onName: (dirfd: number, name: Bytes) => void,
): void {
  try {
    if (layers.some((layer) => mayHold(layer, directory))) return;
    const [any] = layers;
    if (any === undefined) return;
    withFd(openByHandle(any.root, directory, FLAGS), (fd) => tellNames(fd, wanted, onName));
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
}

/** Only a private copy of a layer's mount begins at the layer's root. */
function mayHold(layer: Layer, directory: Handle): boolean {
  if (layer.showsMounts === true) return true;
  return withFd(openByHandle(layer.root, directory, O_PATH | O_DIRECTORY), isBelowMountRoot);
}

function tellNames(fd: number, wanted: InodeSet | 'all', onName: (dirfd: number, name: Bytes) => void): void {
  for (const { name, ino, type } of readDirectory(fd)) {
    if (type === DT_DIR) continue;
    if (wanted === 'all' || wanted.has(Number(ino & 0xffffffffn), Number(ino >> 32n))) onName(fd, name);
  }
}
