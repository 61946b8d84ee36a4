import { ascii } from '../sys/bytes.js';
import { type InodeKey, inodeKey } from '../sys/inode-id.js';
import { stat } from '../sys/stat.js';
import { ancestorsInMount, type BranchDirectory } from './branch-directory.js';
import type { Layer, LayerDirectory } from './view-rules.js';

/** What an overlay does not let a lookup in its lowers come to. */
export interface LayerTraps {
  /** Whether a lower may have any inside. */
  inside(layer: Layer): boolean;
  /** Whether a lower's directory is one. */
  holds(directory: LayerDirectory): boolean;
}

/**
 * An overlay's upper and its work directories, where they lie inside of a lower: whoever looks them up there gets ELOOP
 * (ovl_lookup_trap_inode), so that nothing in them is a lower file.
 *
 * @param lowers - the searched ones
 * @param own - the upper and the work directory
 * @returns undefined where there are none
 */
export function layerTraps(
  lowers: readonly Layer[],
  own: readonly BranchDirectory[],
): LayerTraps | undefined {
  const above = new Set(own.flatMap((each) => [...ancestorsInMount(each)]));
  const branches = new Set(lowers.filter(({ root }) => above.has(keyOf(root))).map(({ branch }) => branch));
  if (branches.size === 0) return undefined;
  const traps = new Set<InodeKey>(own.map(inodeKey));
  return {
    inside: ({ branch }) => branches.has(branch),
    holds: ({ layer, fd }) => branches.has(layer.branch) && traps.has(keyOf(fd)),
  };
}

const keyOf = (fd: number): InodeKey => inodeKey(stat(fd, ascii('')));
