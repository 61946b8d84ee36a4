import type { ScanResult } from '../scan/result.js';
import type { Failure } from './failure.js';

/** One union that a run looked at, or why it could not. */
export type Subject =
  | { readonly scan: ScanResult /** How long the scan took. */; readonly seconds: number }
  | { readonly failure: Failure };
