import { fileSystemOf, foldsCase, magic } from '../../sys/filesystem.js';
import { SysError } from '../../sys/sys-error.js';
import type { Layer } from '../../union/view-rules.js';

/** What a walk may rely on in a layer. */
export interface LayerTraits {
  /** Whether the layer's file system marks the last record of a directory; see `endsAtMark`. */
  readonly marksEnds: boolean;
  /** Whether a name may be looked up in another form than it is listed in. */
  readonly foldsCase: boolean;
}

/** Where it cannot be told, a directory is read until the kernel says that it ends, and asked for each name. */
const UNKNOWN: LayerTraits = { marksEnds: false, foldsCase: true };

/** Asks for the traits of each layer once. */
export class KnownTraits {
  readonly #known = new Map<number, LayerTraits>();

  of(layer: Layer): LayerTraits {
    const known = this.#known.get(layer.branch);
    if (known !== undefined) return known;
    const traits = ask(layer);
    this.#known.set(layer.branch, traits);
    return traits;
  }
}

function ask({ root }: Layer): LayerTraits {
  try {
    return {
      marksEnds: fileSystemOf(root).type === magic.ext4,
      // An overlay takes such directories only where all of a layer's are (Linux 6.18), so its root tells.
      foldsCase: foldsCase(root),
    };
  } catch (error) {
    if (error instanceof SysError) return UNKNOWN;
    throw error;
  }
}
