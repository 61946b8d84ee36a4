import type { Union } from '../union/union.js';
import { scanAufs } from './aufs-scan.js';
import { scanOverlay } from './overlay-scan.js';
import type { ScanResult } from './result.js';

export interface ScanOptions {
  /** Look for everything `check` tells of, not only for what concerns the index entries. */
  readonly thorough?: boolean;
  /** Stops the walk; its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly directories: number; readonly names: number }) => void;
}

/**
 * Reads a union's index and finds the names of every entry. Writes nothing, and leaves atimes alone where it may.
 *
 * @throws Problem operational where a branch or the index cannot be read at all
 */
export async function scan(union: Union, options: ScanOptions = {}): Promise<ScanResult> {
  return union.format === 'overlay' ? scanOverlay(union, options) : scanAufs(union, options);
}
