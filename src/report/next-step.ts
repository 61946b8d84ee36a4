import type { ScanResult } from '../scan/result.js';
import { findingsOf } from './scan-findings.js';
import { targetWords } from './target-words.js';

/**
 * The command line to run after a look at a union; undefined where there is nothing to do, or where only what a
 * finding's remedy tells helps.
 */
export function nextStep(scan: ScanResult): string | undefined {
  const verb = nextVerb(scan);
  return verb === undefined ? undefined : `plinkctl ${verb} ${targetWords(scan.union)}`;
}

function nextVerb(scan: ScanResult): 'repair' | 'flush' | 'prune' | undefined {
  const { entries, blocked, union } = scan;
  // A repair works on a union at rest; a flush that is in the way of nothing may come first.
  if (union.mounted === undefined && findingsOf(scan).some(({ action }) => action !== undefined))
    return 'repair';
  if (blocked !== undefined) return undefined;
  if (entries.some(({ missing }) => missing.length > 0)) return 'flush';
  return entries.some(({ state }) => state === 'orphan') ? 'prune' : undefined;
}
