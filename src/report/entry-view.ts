import type { KeptEntry } from '../restore/plan-types.js';
import type { IndexEntry } from '../scan/result.js';
import type { Bytes } from '../sys/bytes.js';

/** An index entry and what a command did, or would do, with it. */
export interface EntryView {
  readonly entry: IndexEntry;
  /** Names linked by this run (by the plan, in a dry run). */
  readonly restored: readonly Bytes[];
  /** Names that are still missing afterwards. */
  readonly missing: readonly Bytes[];
  readonly removed: boolean;
  readonly reason: string | undefined;
  readonly attention: boolean;
}

/** An entry that was only looked at. */
export function seen(entry: IndexEntry): EntryView {
  return {
    entry,
    restored: [],
    missing: entry.missing.map(({ path }) => path),
    removed: false,
    reason: entry.reason,
    attention: false,
  };
}

/** Entries that the plan leaves alone, without those that are told already. */
export function keptViews(kept: readonly KeptEntry[], told: readonly EntryView[]): EntryView[] {
  const done = new Set(told.map(({ entry }) => entry));
  return kept
    .filter(({ entry }) => !done.has(entry))
    .map(({ entry, reason, attention }) => ({ ...seen(entry), reason, attention }));
}
