import type { Bytes } from '../../sys/bytes.js';
import type { Handle } from '../../sys/handle.js';
import type { HandleLayer } from '../overlay/overlay-layers.js';

/** A name that a walk has met, and where. */
export interface MetName {
  readonly file: Handle;
  /** Path from the layer's root, of the directory. */
  readonly directory: Bytes;
}

/**
 * Tells where names of lower files may be, without a walk. What it tells is a hint only: each directory is entered
 * by the rules of the union, each name is looked at before it counts, and what is missed is walked for. A wrong
 * answer costs time.
 */
export interface NameHints {
  /**
   * Directories of a layer that may hold names of these files, as paths from the layer's root.
   *
   * @returns undefined where this source knows nothing of the layer
   */
  directoriesOf(
    layer: HandleLayer,
    files: readonly Handle[],
    signal: AbortSignal | undefined,
  ): Promise<Iterable<Bytes> | undefined>;
  /** What was met in the end of a layer's files that were asked about, for a source that learns. */
  onMet?(layer: HandleLayer, met: readonly MetName[], signal: AbortSignal | undefined): Promise<void>;
}
