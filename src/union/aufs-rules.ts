import { type Bytes, joinBytes } from '../sys/bytes.js';
import { isSysError } from '../sys/sys-error.js';
import { OPAQUE_MARK, WHITEOUT_PREFIX, whiteoutOf } from './aufs-names.js';
import { holdsName } from './holds-name.js';
import { openLayerDirectory } from './open-layer-directory.js';
import { closeStack, type LayerDirectory, type Stack, type ViewRules } from './view-rules.js';

function whitedOut(directory: LayerDirectory, name: Bytes): boolean {
  return directory.layer.whiteouts && holdsName(directory, whiteoutOf(name));
}

/** The merged view of an aufs: whiteouts and opaque marks count in branches that are writable or `+wh` alone. */
export const aufsRules: ViewRules = {
  hidden: (name) => name.startsWith(WHITEOUT_PREFIX),
  lone: ({ whiteouts }) => (whiteouts ? undefined : {}),
  hides: whitedOut,
  decides: (directory, name) => holdsName(directory, name) || whitedOut(directory, name),
  descend(stack: Stack, from: number, name: Bytes): LayerDirectory[] {
    const found: LayerDirectory[] = [];
    // The same in every branch: one text for all of them.
    const real = joinBytes(stack[from]?.real ?? ('' as Bytes), name);
    try {
      for (const parent of stack.slice(from)) {
        if (whitedOut(parent, name)) break;
        try {
          found.push(openLayerDirectory(parent, name, real));
        } catch (error) {
          if (isSysError(error, 'ENOENT', 'ENAMETOOLONG')) continue;
          if (isSysError(error, 'ENOTDIR', 'ELOOP')) break;
          throw error;
        }
        const directory = found.at(-1);
        if (directory?.layer.whiteouts === true && holdsName(directory, OPAQUE_MARK)) break;
      }
    } catch (error) {
      closeStack(found);
      throw error;
    }
    return found;
  },
};
