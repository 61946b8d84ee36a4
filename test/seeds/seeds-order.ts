import type { Kind } from './kinds.js';

/** What one worker is to do. */
export interface SeedsOrder {
  readonly from: number;
  readonly count: number;
  /** Every how manieth seed is this worker's. */
  readonly step: number;
  readonly types: readonly string[];
  readonly kinds: readonly Kind[];
  /** Seeds to be left out, of an earlier run. */
  readonly done: readonly number[];
}

/** What came of one seed. */
export interface SeedResult {
  readonly seed: number;
  readonly kind: Kind;
  readonly milliseconds: number;
  /** Undefined where all was as it should be. */
  readonly error: string | undefined;
}
