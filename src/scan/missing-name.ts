import type { Bytes } from '../sys/bytes.js';

/** A directory of one branch, as a path from the branch's root (`''` is the root). */
export interface BranchPath {
  /** Position in the union's `branches`. */
  readonly branch: number;
  readonly path: Bytes;
}

/** A visible name of the group that is not yet the upper inode. */
export interface MissingName {
  /** Path from the union's root; the upper path is the same. */
  readonly path: Bytes;
  /** The lower file that shows there now. */
  readonly lower: BranchPath;
}

/** A directory that exists in lower branches alone and is needed by a missing name. */
export interface MissingDirectory {
  readonly path: Bytes;
  /** The top-most lower directory: the copy-up's model. */
  readonly model: BranchPath;
}
