import type { Finding, IndexEntry, ScanResult } from '../result.js';
import { entrySpot } from './entry-spot.js';

/** What is to be said of the pseudo-links of an aufs that is not mounted. */
export function aufsEntryFindings({ entries, unreadable }: ScanResult): Finding[] {
  return entries.map((entry): Finding => {
    const { state, atRisk, name, branch, reason } = entry;
    const rescue = { kind: 'rescue', at: entrySpot(entry), consent: 'rescue' } as const;
    switch (state) {
      case 'restorable':
      case 'complete':
        return {
          code: 'leftover-plink',
          severity: atRisk ? 'danger' : 'warning',
          path: name,
          message:
            reason ??
            (state === 'complete'
              ? 'a pseudo-link that was not flushed: every name is there, it only takes a name'
              : 'a pseudo-link that was not flushed: the next mount ignores it, its missing names show their old content, and the classic flush deletes it there'),
          remedy: 'plinkctl flush',
          safe: true,
          action: { kind: 'flush', branch, entry: name, consent: 'safe' },
        };
      case 'junk':
        return {
          code: 'junk-name',
          severity: 'error',
          path: name,
          message: reason ?? 'not a name that aufs gives: the classic flush stops at it',
          remedy: 'plinkctl repair --rescue DIR',
          safe: false,
          action: rescue,
        };
      default:
        return {
          code: state,
          severity: atRisk ? 'danger' : 'error',
          path: name,
          message: `${reason ?? state}${clues(entry)}${atRisk ? '; a flush by other tools in the next mount deletes this only copy' : ''}`,
          remedy:
            'plinkctl repair --map FILE to say which names it stands for, or --rescue DIR to keep its data',
          safe: false,
          // Behind an unreadable directory its names may still be found.
          action: unreadable.length > 0 ? undefined : rescue,
        };
    }
  });
}

function clues({ evidence }: IndexEntry): string {
  const [first] = evidence;
  return first === undefined ? '' : ` (${first})`;
}
