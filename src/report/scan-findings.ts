import type { EntryState, Finding, ScanResult } from '../scan/result.js';
import type { Bytes } from '../sys/bytes.js';

// A whiteout under a temporary name is left by every clean unmount that removed something.
const quietStates: ReadonlySet<EntryState> = new Set([
  'restorable',
  'complete',
  'whiteout',
  'directory',
  'temporary',
]);

/** With what forbids every change, which only a thorough scan has among its findings. */
export function findingsOf({ blocked, findings, union }: ScanResult): readonly Finding[] {
  if (blocked === undefined || findings.some(({ code }) => code === blocked.code)) return findings;
  const path = union.branches.find(({ role }) => role === 'upper')?.path ?? ('' as Bytes);
  return [{ ...blocked, severity: 'error', path, safe: false }, ...findings];
}

/** Whether a check ends with 4. */
export function needsAttention(scan: ScanResult): boolean {
  return (
    findingsOf(scan).some(({ severity }) => severity !== 'note') ||
    scan.unreadable.length > 0 ||
    scan.entries.some(({ state, atRisk }) => atRisk || !quietStates.has(state))
  );
}
