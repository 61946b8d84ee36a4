import type { Bytes } from '../sys/bytes.js';
import type { InodeId } from '../sys/inode-id.js';
import type { MissingDirectory } from './missing-name.js';

/** A file that a repair is about, by where it lies. */
export interface Spot {
  /** `branch`: below a branch root; `index`: below that branch's index directory; `work`: below an overlay's work directory. */
  readonly in: 'branch' | 'index' | 'work';
  readonly branch: number;
  /** Relative; `''` is the directory itself. */
  readonly path: Bytes;
}

/** A spot with the inode that was seen there; anything else there by now stops the repair of it. */
export interface SeenSpot extends Spot {
  readonly inode: InodeId;
}

/**
 * Whose word a repair needs. `safe`: nobody's. `rescue`: a rescue directory to move the file to. `rejoin`,
 * `unbreak`: the option of that name, for content that people see changes. `decide`: a person, asked.
 */
export type Consent = 'safe' | 'rescue' | 'rejoin' | 'unbreak' | 'decide';

/** A name that a link takes over from another inode. */
export interface ReplacedName extends SeenSpot {
  /** Content and metadata are those of the link that comes: nothing of its own is lost. */
  readonly same: boolean;
}

/** One repair, as plain data. */
export type RepairAction = { readonly consent: Consent } & (
  | { readonly kind: 'rescue'; readonly at: SeenSpot }
  | { readonly kind: 'remove'; readonly at: SeenSpot }
  | {
      readonly kind: 'set-attribute';
      readonly at: SeenSpot;
      readonly attribute: string;
      /** Hex. */
      readonly value: string;
    }
  | { readonly kind: 'remove-attribute'; readonly at: SeenSpot; readonly attribute: string }
  | { readonly kind: 'chmod'; readonly at: SeenSpot; readonly mode: number }
  | {
      readonly kind: 'link';
      readonly from: SeenSpot;
      /** All upper names of that inode: a person may choose it by any of them. */
      readonly known: readonly Bytes[];
      /** Names in the same branch that are free. */
      readonly to: readonly Bytes[];
      readonly replace: readonly ReplacedName[];
      readonly directories: readonly MissingDirectory[];
    }
  /** Links an upper file into the index. */
  | { readonly kind: 'enter'; readonly at: SeenSpot; readonly entry: Bytes }
  /** Flushes one entry as `flush` does. */
  | { readonly kind: 'flush'; readonly branch: number; readonly entry: Bytes }
  /** Ends what an interrupted run left half-done. */
  | { readonly kind: 'settle' }
);
