import { fileSystemHints } from '../scan/hints/ask-hints.js';
import type { ScanOptions } from '../scan/scan-options.js';
import type { Context } from './context.js';

/** What every scan of a command has in common. */
export function scanOptions({ threads, device, groups, signal }: Context): ScanOptions {
  const told = device === false ? fileSystemHints.filter(({ late }) => late === undefined) : fileSystemHints;
  return {
    ...(threads === undefined ? {} : { threads }),
    hints: groups === undefined ? told : [...told, groups],
    signal,
  };
}
