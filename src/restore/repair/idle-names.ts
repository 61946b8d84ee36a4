import { openLayers } from '../../scan/open-layers.js';
import { statPath } from '../../scan/stat-path.js';
import type { Bytes } from '../../sys/bytes.js';
import { isSysError } from '../../sys/sys-error.js';
import type { Union } from '../../union/union.js';

/** Names that a person chose and no repair is about. */
export interface IdleNames {
  /** Of a file that is in no broken group, perhaps since an earlier run joined it. */
  readonly whole: readonly Bytes[];
  /** No branch has them. */
  readonly nowhere: readonly Bytes[];
}

/** Which of `names` a branch has at all; one that cannot be looked at may be there. */
export function idleNames(union: Union, names: readonly Bytes[]): IdleNames {
  if (names.length === 0) return { whole: [], nowhere: [] };
  const layers = openLayers(union);
  try {
    const isThere = (name: Bytes): boolean => layers.all.some(({ root }) => mayHave(root, name));
    return { whole: names.filter(isThere), nowhere: names.filter((name) => !isThere(name)) };
  } finally {
    layers.close();
  }
}

function mayHave(root: number, name: Bytes): boolean {
  try {
    return statPath(root, name) !== undefined;
  } catch (error) {
    // The repairs are made by now, and must be told.
    if (isSysError(error)) return true;
    throw error;
  }
}
