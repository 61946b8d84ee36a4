import type { ScanResult } from '../scan/result.js';
import { scan } from '../scan/scan.js';
import type { Union } from '../union/union.js';
import type { Context } from './context.js';
import { recordFor } from './record-for.js';
import { scanOptions } from './scan-options.js';
import { showLooking } from './show-progress.js';

/** Scans with progress; the abort's own reason is thrown when it is stopped. */
export async function scanUnion(union: Union, thorough: boolean, context: Context): Promise<ScanResult> {
  context.signal.throwIfAborted();
  try {
    const result = await scan(union, {
      thorough,
      record: recordFor(union, context),
      ...scanOptions(context),
      onProgress: showLooking(union, context),
    });
    context.signal.throwIfAborted();
    return result;
  } finally {
    context.progress.end();
  }
}
