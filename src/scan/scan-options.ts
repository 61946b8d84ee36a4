import type { NameHints } from './hints/name-hints.js';
import type { UnionRecord } from './recorded.js';
import type { WalkWays } from './walk/walk-ways.js';

/** What is asked of a scan. */
export interface ScanOptions {
  /** Look for everything `check` tells of, not only for what concerns the index entries. */
  readonly thorough?: boolean;
  /** What was written down of the entries while their names were known; only an unmounted aufs asks it. */
  readonly record?: UnionRecord | undefined;
  /** Threads that a long walk may use: 1, or 2, which is the default. */
  readonly threads?: number;
  /**
   * Who tells where an overlay's lower files may have names, before they are walked for; what the file systems
   * themselves know unless given.
   */
  readonly hints?: readonly NameHints[];
  /** @internal */
  readonly ways?: WalkWays;
  /** Stops the walk; its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly directories: number; readonly names: number }) => void;
}
