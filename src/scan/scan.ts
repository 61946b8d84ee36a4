import type { Union } from '../union/union.js';
import { scanAufs } from './aufs/aufs-scan.js';
import { scanMountedAufs } from './mounted-aufs/mounted-aufs-scan.js';
import { scanOverlay } from './overlay/overlay-scan.js';
import type { ScanResult } from './result.js';
import type { ScanOptions } from './scan-options.js';

/**
 * Reads a union's index and finds the names of every entry. Writes nothing, and leaves atimes alone where it may.
 *
 * @throws Problem operational where a branch or the index cannot be read at all
 */
export async function scan(union: Union, options: ScanOptions = {}): Promise<ScanResult> {
  if (union.format === 'overlay') return scanOverlay(union, options);
  return union.mounted === undefined ? scanAufs(union, options) : scanMountedAufs(union, options);
}
