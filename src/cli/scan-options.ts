import { fileSystemHints } from '../scan/hints/ask-hints.js';
import type { ScanOptions } from '../scan/scan-options.js';
import type { Context } from './context.js';

/** What every scan of a command has in common. */
export function scanOptions({ threads, groups, signal }: Context): ScanOptions {
  return {
    ...(threads === undefined ? {} : { threads }),
    ...(groups === undefined ? {} : { hints: [...fileSystemHints, groups] }),
    signal,
  };
}
