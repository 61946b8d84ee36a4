import type { EntryState, IndexEntry } from '../scan/result.js';
import { size } from '../words/plural.js';
import { sentence, shown } from '../words/shown.js';
import type { EntryView } from './entry-view.js';
import type { Level } from './notice.js';
import type { Line, Page } from './report.js';
import type { Style } from './style.js';

/** Names of one entry that are shown without `--verbose`. */
const NAMES_SHOWN = 12;

const colorOf: Readonly<Record<EntryState, keyof Style>> = {
  restorable: 'yellow',
  complete: 'green',
  orphan: 'magenta',
  stale: 'yellow',
  foreign: 'red',
  damaged: 'red',
  ambiguous: 'red',
  temporary: 'dim',
  junk: 'red',
  whiteout: 'dim',
  directory: 'dim',
};

/**
 * One entry as a small tree: its names that are there (✓), those that were linked (+) or are missing (−), and
 * why it is as it is.
 *
 * @param would - a dry run: what is told has not happened
 */
export function entryTree(view: EntryView, page: Page, would: boolean): Line[] {
  const { style } = page;
  const { entry } = view;
  const level: Level = view.attention || entry.atRisk ? 'warning' : 'info';
  if (level === 'info' && page.verbosity === 'quiet') return [];
  const head = [style.bold(shortName(entry, page)), describe(entry), ...labels(view, style, would)].join(
    '  ',
  );
  const leaves = [...nameLeaves(view, page), ...reasonLeaves(view, page)];
  return [
    { level, text: head },
    ...leaves.map((text, index) => ({
      level,
      text: `${style.dim(index === leaves.length - 1 ? '└─' : '├─')} ${text}`,
    })),
  ];
}

function labels(view: EntryView, style: Style, would: boolean): string[] {
  const { entry, removed, restored, missing } = view;
  const state = [
    style[colorOf[entry.state]](entry.state),
    ...(entry.atRisk ? [style.red(style.bold('AT RISK'))] : []),
  ];
  const fate = removed
    ? entry.state === 'orphan'
      ? 'pruned'
      : 'flushed'
    : restored.length > 0
      ? 'restored'
      : undefined;
  if (would) return fate === undefined ? state : [...state, style.green(`would be ${fate}`)];
  // What it was no longer matters once it is mended.
  return fate === undefined || missing.length > 0 ? state : [style.green(fate)];
}

function nameLeaves(view: EntryView, { style, verbosity }: Page): string[] {
  const names = [
    ...view.missing.map((name) => `${style.yellow('−')} ${shown(name)}`),
    ...view.restored.map((name) => `${style.green('+')} ${style.bold(shown(name))}`),
    ...view.entry.names.map((name) => `${style.green('✓')} ${shown(name)}`),
  ];
  if (verbosity === 'verbose' || names.length <= NAMES_SHOWN) return names;
  const more = names.length - NAMES_SHOWN;
  return [...names.slice(0, NAMES_SHOWN), style.dim(`… and ${more} more (-v shows all)`)];
}

function reasonLeaves({ reason, entry, attention }: EntryView, { style, verbosity }: Page): string[] {
  const told = reason === undefined ? [] : [style.dim(sentence(reason))];
  const evidence = attention || verbosity === 'verbose' ? entry.evidence : [];
  return [...told, ...evidence.map((line) => style.dim(sentence(line)))];
}

// An overlay's entry is named by 58 and more hex digits, of which the first 42 are the same for all of one lower.
function shortName(entry: IndexEntry, { verbosity }: Page): string {
  const name = shown(entry.name);
  const known = entry.names.length + entry.missing.length > 0;
  if (verbosity === 'verbose' || !known || !/^00fb[0-9a-f]{40,}$/.test(name)) return name;
  return `…${name.slice(42)}`;
}

function describe({ kind, inode }: IndexEntry): string {
  return kind === 'file' ? `file of ${size(inode.size)}` : kind;
}
