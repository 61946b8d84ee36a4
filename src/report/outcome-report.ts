import type { EntryOutcome, Outcome, Plan } from '../restore/plan-types.js';
import type { ScanResult } from '../scan/result.js';
import type { Bytes } from '../sys/bytes.js';
import { plural, size } from '../words/plural.js';
import { entryJson } from './entry-json.js';
import { entryTree } from './entry-tree.js';
import { type EntryView, keptViews, settledLines, toldViews } from './entry-view.js';
import { type Failure, failureJson } from './failure.js';
import { findingJson } from './findings.js';
import type { Line, Page, Report } from './report.js';
import { stopLine } from './stop-line.js';
import { summaryJson } from './summary.js';
import { targetJson, targetLines } from './target-view.js';
import { targetWords } from './target-words.js';
import { unreadableJson, unreadableLines } from './unreadable.js';

/** Entries shown one by one without `--verbose`; above, only those that need attention. */
const ENTRIES_SHOWN = 20;

/**
 * What `restore` and `flush` did.
 *
 * @param seconds - how long it took, scan included
 * @param stop - what ended the run early
 */
export function outcomeReport(
  scan: ScanResult,
  plan: Plan,
  outcome: Outcome,
  seconds: number,
  stop: Failure | undefined,
): Report {
  const views = viewsOf(plan, outcome);
  const attention = views.filter((view) => view.attention).length;
  return {
    // A directory that nobody could look into may hold a name that is still missing.
    exitCode: stop?.exitCode ?? (attention > 0 || scan.unreadable.length > 0 ? 4 : 0),
    text: (page) => [
      ...targetLines(scan.union, page.style),
      ...entryLines(views, page),
      ...settledLines(views, page),
      ...unreadableLines(scan.unreadable, page),
      ...summaryLines(plan, outcome, attention, page),
      ...(stop === undefined ? [] : stopLines(stop, scan, plan, page)),
    ],
    json: () => ({
      dryRun: false,
      target: targetJson(scan.union),
      entries: views.map(entryJson),
      findings: scan.findings.map(findingJson),
      unreadable: scan.unreadable.map(unreadableJson),
      stopped: outcome.stopped,
      ...(stop === undefined ? {} : { error: failureJson(stop) }),
      summary: summaryJson({
        entries: scan.entries.length,
        linksMissing: views.reduce((sum, { missing }) => sum + missing.length, 0),
        linksRestored: outcome.linksRestored,
        entriesRemoved: outcome.entriesRemoved,
        entriesKept: attention,
        bytesFreed: outcome.bytesFreed,
        seconds,
      }),
    }),
  };
}

function viewsOf(plan: Plan, outcome: Outcome): EntryView[] {
  const done = outcome.entries.map(viewOf);
  const views = [...done, ...keptViews(plan.kept, done)];
  // What needs attention stands last, where it is seen.
  return [...views.filter(({ attention }) => !attention), ...views.filter(({ attention }) => attention)];
}

function viewOf({ entry, restored, removed, reason, attention }: EntryOutcome): EntryView {
  const there = new Set(restored);
  // Mostly all are: then it takes no copies.
  const missing =
    there.size === entry.missing.length
      ? none
      : entry.missing.map(({ path }) => path).filter((path) => !there.has(path));
  return { entry, restored: sorted(restored), missing, removed, reason, attention };
}

const none: readonly never[] = [];

function sorted(paths: readonly Bytes[]): readonly Bytes[] {
  return paths.every((path, i) => i === 0 || (paths[i - 1] as Bytes) <= path) ? paths : [...paths].sort();
}

function entryLines(views: readonly EntryView[], page: Page): Line[] {
  const told = toldViews(views, page);
  const all = page.verbosity === 'verbose' || told.length <= ENTRIES_SHOWN;
  return told
    .filter((view) => all || view.attention)
    .flatMap((view) => [
      { level: view.attention ? ('warning' as const) : ('info' as const), text: '' },
      ...entryTree(view, page, false),
    ]);
}

function summaryLines(plan: Plan, outcome: Outcome, attention: number, { style }: Page): Line[] {
  const done = [
    outcome.linksRestored > 0 ? `${plural(outcome.linksRestored, 'name')} put back` : undefined,
    outcome.directoriesMade > 0
      ? `${plural(outcome.directoriesMade, 'directory', 'directories')} made for them`
      : undefined,
    outcome.entriesRemoved > 0
      ? `${plural(outcome.entriesRemoved, 'entry', 'entries')} removed from the index`
      : undefined,
    outcome.bytesFreed > 0n ? `${size(outcome.bytesFreed)} freed` : undefined,
  ].filter((part) => part !== undefined);
  const lines: Line[] = [
    { level: 'info', text: '' },
    {
      level: 'info',
      text:
        done.length === 0
          ? `${style.green('✓')} Nothing to ${plan.goal}.`
          : `${style.green('✓')} ${sentenceOf(done)}`,
    },
  ];
  if (attention > 0) {
    lines.push({
      level: 'warning',
      text: style.yellow(`! ${plural(attention, 'entry', 'entries')} kept, for the reasons above.`),
    });
    lines.push({
      level: 'warning',
      text: `${style.dim('next:')} plinkctl check ${targetWords(plan.union)}`,
    });
  }
  return lines;
}

function stopLines(stop: Failure, scan: ScanResult, plan: Plan, page: Page): Line[] {
  return [
    stopLine(stop, 'Nothing is half-done; the same command goes on from here:', page),
    { level: 'warning', text: `${page.style.dim('next:')} plinkctl ${plan.goal} ${targetWords(scan.union)}` },
  ];
}

function sentenceOf(parts: readonly string[]): string {
  const text = parts.join(', ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
