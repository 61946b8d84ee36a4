import type { Bytes } from '../../sys/bytes.js';
import { close } from '../../sys/open.js';
import { isSysError } from '../../sys/sys-error.js';
import { openLayerPath } from '../../union/open-layer-directory.js';
import type { Layer } from '../../union/view-rules.js';

/**
 * The first branch of a mounted aufs whose directory of a path is encrypted and locked: asked of the branches, since the
 * mount does not tell.
 */
export function lockedBranch(layers: readonly Layer[], directory: Bytes): number | undefined {
  return layers.find((layer) => layer.encrypts === true && isLockedIn(layer, directory))?.branch;
}

function isLockedIn(layer: Layer, directory: Bytes): boolean {
  try {
    close(openLayerPath(layer, directory));
    return false;
  } catch (error) {
    if (!isSysError(error)) throw error;
    // The branch has no such directory, or a file instead; what else may be wrong the mount tells.
    return error.code === 'ENOKEY';
  }
}
