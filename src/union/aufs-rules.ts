import type { Bytes } from '../sys/bytes.js';
import { statIfThere } from '../sys/stat.js';
import { isSysError } from '../sys/sys-error.js';
import { OPAQUE_MARK, WHITEOUT_PREFIX, whiteoutOf } from './aufs-names.js';
import { openLayerDirectory } from './open-layer-directory.js';
import { closeStack, type LayerDirectory, type Stack, type ViewRules } from './view-rules.js';

function holds({ fd }: LayerDirectory, name: Bytes): boolean {
  try {
    return statIfThere(fd, name) !== undefined;
  } catch (error) {
    if (isSysError(error, 'ENAMETOOLONG')) return false;
    throw error;
  }
}

function whitedOut(directory: LayerDirectory, name: Bytes): boolean {
  return directory.layer.whiteouts && holds(directory, whiteoutOf(name));
}

/** The merged view of an aufs: whiteouts and opaque marks count in branches that are writable or `+wh` alone. */
export const aufsRules: ViewRules = {
  hidden: (name) => name.startsWith(WHITEOUT_PREFIX),
  lone: ({ whiteouts }) => (whiteouts ? undefined : {}),
  hides: whitedOut,
  decides: (directory, name) => holds(directory, name) || whitedOut(directory, name),
  descend(stack: Stack, from: number, name: Bytes): LayerDirectory[] {
    const found: LayerDirectory[] = [];
    try {
      for (const parent of stack.slice(from)) {
        if (whitedOut(parent, name)) break;
        try {
          found.push(openLayerDirectory(parent, name));
        } catch (error) {
          if (isSysError(error, 'ENOENT', 'ENAMETOOLONG')) continue;
          if (isSysError(error, 'ENOTDIR', 'ELOOP')) break;
          throw error;
        }
        const directory = found.at(-1);
        if (directory?.layer.whiteouts === true && holds(directory, OPAQUE_MARK)) break;
      }
    } catch (error) {
      closeStack(found);
      throw error;
    }
    return found;
  },
};
