import type { KeptEntry } from '../restore/plan-types.js';
import type { EntryState, IndexEntry } from '../scan/result.js';
import type { Bytes } from '../sys/bytes.js';
import { plural } from '../words/plural.js';
import type { Line, Page } from './report.js';

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

/** Those worth a person's time: without `--verbose` not what is as it should be. */
export function toldViews(views: readonly EntryView[], { verbosity }: Page): readonly EntryView[] {
  return verbosity === 'verbose' ? views : views.filter((view) => !isSettled(view));
}

/** How many {@link toldViews} leaves out. */
export function settledLines(views: readonly EntryView[], page: Page): Line[] {
  const count = views.length - toldViews(views, page).length;
  if (count === 0) return [];
  const text = `${plural(count, 'entry needs', 'entries need')} nothing (-v shows ${count === 1 ? 'it' : 'them'})`;
  return [
    { level: 'info', text: '' },
    { level: 'info', text: page.style.dim(text) },
  ];
}

/** Whether nothing was done with it, and nothing is to be done. */
function isSettled({ restored, missing, removed, attention, entry }: EntryView): boolean {
  return (
    !attention &&
    !removed &&
    restored.length === 0 &&
    missing.length === 0 &&
    settledStates.has(entry.state) &&
    !entry.atRisk
  );
}

const settledStates: ReadonlySet<EntryState> = new Set(['complete', 'temporary', 'whiteout', 'directory']);
