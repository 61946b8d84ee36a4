import type { Bytes } from '../../sys/bytes.js';
import type { OverlayRules } from '../../union/overlay-rules.js';
import type { UnindexedFile } from './entry-names.js';
import type { RawIndexEntry } from './overlay-index.js';
import type { OverlayLayers } from './overlay-layers.js';

/** What a scan saw besides its result. */
export interface OverlaySeen {
  readonly overlay: OverlayLayers;
  readonly raw: readonly RawIndexEntry[];
  readonly rules: OverlayRules;
  /** Upper files whose origin names an entry of which they are no link. */
  readonly detached: readonly { readonly path: Bytes; readonly key: string }[];
  /** Upper files whose entry was lost while other names show the old file. */
  readonly unindexed: readonly UnindexedFile[];
}
