import type { Bytes } from '../../sys/bytes.js';
import type { Handle } from '../../sys/handle.js';
import type { OverlayHandle } from '../../union/overlay-handle.js';
import type { Layer } from '../../union/view-rules.js';
import type { HandleLayer } from '../overlay/overlay-layers.js';

/** A name that a walk has met, and where. */
export interface MetName {
  readonly file: Handle;
  /** Path from the layer's root, of the directory. */
  readonly directory: Bytes;
}

/** A directory that may hold names, in a layer or on its file system outside of all layers. */
export type LikelyDirectory =
  | {
      readonly layer: HandleLayer;
      /** From the layer's root. */
      readonly path: Bytes;
    }
  | {
      /** All layers on its file system. */
      readonly outside: readonly HandleLayer[];
      readonly directory: Handle;
    };

/**
 * Tells where names of lower files may be, without a walk. What it tells is a hint only: each directory is entered
 * by the rules of the union, each name is looked at before it counts, and what is missed is walked for. A wrong
 * answer costs time.
 */
export interface NameHints {
  /** The one that it knows something of, as statfs `f_type`; any unless told. */
  readonly fileSystem?: bigint;
  /**
   * Directories of a layer that may hold names of these files, as paths from the layer's root.
   *
   * @returns undefined where this source knows nothing of the layer
   */
  directoriesOf?(
    layer: HandleLayer,
    files: readonly Handle[],
    signal: AbortSignal | undefined,
  ): Promise<Iterable<Bytes> | undefined>;
  /** What was met in the end of a layer's files that were asked about, for a source that learns. */
  onMet?(layer: HandleLayer, met: readonly MetName[], signal: AbortSignal | undefined): Promise<void>;
  /** Tells more, for longer work; asked when names are still wanting after those around known ones were looked at. */
  readonly late?: LateHints;
}

/** A file by the branch that it is in and the number of its inode there. */
export interface LayerInode {
  readonly branch: number;
  readonly ino: bigint;
}

/** What is told late, of all layers at once. */
export interface LateHints {
  /** Whether it is worth asking, of so many files. */
  mayKnow(layers: readonly Layer[], files: number): boolean;
  /** Directories that may hold names of these inodes, as paths from the layers' roots; for unions without handles. */
  byNumber?(
    layers: readonly Layer[],
    files: readonly LayerInode[],
    signal: AbortSignal | undefined,
  ): Promise<Bytes[]>;
  /** @param ahead - begin at once, in another thread where one can be had; it is asked for the result much later */
  search(layers: readonly HandleLayer[], files: readonly OverlayHandle[], ahead: boolean): LateSearch;
}

/** A search for names that takes its time. */
export interface LateSearch {
  /** What was found since this was last asked, not nothing: it is waited for. Undefined when the search is over. */
  next(signal: AbortSignal | undefined): Promise<LikelyDirectory[] | undefined>;
  /** Ends it, whether it has found anything or not; nothing of it is left then. */
  end(): Promise<void>;
}
