import type { PruneOutcome, PrunePlan } from '../restore/prune/prune-types.js';
import type { ScanResult } from '../scan/result.js';
import { pathJson } from '../words/path-json.js';
import { plural, size } from '../words/plural.js';
import { shown } from '../words/shown.js';
import { entryJson } from './entry-json.js';
import { entryTree } from './entry-tree.js';
import type { EntryView } from './entry-view.js';
import { seen } from './entry-view.js';
import { type Failure, failureJson } from './failure.js';
import { findingJson } from './findings.js';
import type { Line, Page, Report } from './report.js';
import { stopLine } from './stop-line.js';
import { summaryJson } from './summary.js';
import { targetJson, targetLines } from './target-view.js';
import { unreadableJson, unreadableLines } from './unreadable.js';

interface PruneView extends EntryView {
  /** Absolute; undefined where it was not kept. */
  readonly rescued: string | undefined;
  readonly rescuedJson: ReturnType<typeof pathJson>;
}

/**
 * What `prune` did, or with an outcome of undefined would do.
 *
 * @param seconds - how long it took, scan included
 * @param stop - what ended the run early
 */
export function pruneReport(
  scan: ScanResult,
  plan: PrunePlan,
  outcome: PruneOutcome | undefined,
  seconds: number,
  stop: Failure | undefined,
): Report {
  const views = outcome === undefined ? planned(plan) : done(outcome);
  const attention = views.filter((view) => view.attention).length;
  const removed = views.filter((view) => view.removed).length;
  const freed = outcome?.bytesFreed ?? expected(plan);
  return {
    exitCode: stop?.exitCode ?? (attention > 0 ? 4 : 0),
    text: (page) => [
      ...targetLines(scan.union, page.style),
      ...views.flatMap((view) => entryLines(view, page, outcome === undefined)),
      ...unreadableLines(scan.unreadable, page),
      ...summaryLines({ removed, freed, attention, stop, dryRun: outcome === undefined }, page),
    ],
    json: () => ({
      dryRun: outcome === undefined,
      target: targetJson(scan.union),
      entries: views.map((view) => ({ ...entryJson(view), rescued: view.rescuedJson })),
      findings: scan.findings.map(findingJson),
      unreadable: scan.unreadable.map(unreadableJson),
      stopped: outcome?.stopped ?? false,
      ...(stop === undefined ? {} : { error: failureJson(stop) }),
      summary: summaryJson({
        entries: scan.entries.length,
        linksMissing: 0,
        linksRestored: 0,
        entriesRemoved: removed,
        entriesKept: attention,
        bytesFreed: freed,
        seconds,
      }),
    }),
  };
}

/** What `prune --all` says of a union that is mounted, where index entries are the kernel's own. */
export function mountedPruneReport(union: ScanResult['union'], dryRun: boolean, seconds: number): Report {
  const message =
    'passed over: it is mounted, and its index in the hands of the kernel; prune works while it is not';
  return {
    exitCode: 0,
    text: ({ style }) => [...targetLines(union, style), { level: 'info', text: message }],
    json: () => ({
      dryRun,
      target: targetJson(union),
      entries: [],
      findings: [],
      unreadable: [],
      note: message,
      summary: summaryJson({
        entries: 0,
        linksMissing: 0,
        linksRestored: 0,
        entriesRemoved: 0,
        entriesKept: 0,
        bytesFreed: 0n,
        seconds,
      }),
    }),
  };
}

function expected(plan: PrunePlan): bigint {
  if (plan.rescue !== undefined) return 0n;
  return plan.entries.reduce((sum, { entry }) => sum + entry.inode.blocks * 512n, 0n);
}

function planned(plan: PrunePlan): PruneView[] {
  const unrescued = { rescued: undefined, rescuedJson: null };
  return [
    ...plan.entries.map(({ entry }) => ({ ...seen(entry), ...unrescued, removed: true })),
    ...plan.kept.map(({ entry, reason, attention }) => ({
      ...seen(entry),
      ...unrescued,
      reason,
      attention,
    })),
  ];
}

function done(outcome: PruneOutcome): PruneView[] {
  return outcome.entries.map(({ entry, removed, rescued, reason, attention }) => ({
    ...seen(entry),
    removed,
    reason,
    attention,
    rescued: rescued === undefined ? undefined : shown(rescued),
    rescuedJson: rescued === undefined ? null : pathJson(rescued),
  }));
}

function entryLines(view: PruneView, page: Page, would: boolean): Line[] {
  const level = view.attention ? ('warning' as const) : ('info' as const);
  return [
    { level, text: '' },
    ...entryTree(view, page, would),
    ...(view.rescued === undefined
      ? []
      : [{ level, text: `   ${page.style.dim('kept as')} ${view.rescued}` }]),
  ];
}

interface PruneSummary {
  readonly removed: number;
  readonly freed: bigint;
  readonly attention: number;
  readonly stop: Failure | undefined;
  readonly dryRun: boolean;
}

function summaryLines({ removed, freed, attention, stop, dryRun }: PruneSummary, page: Page): Line[] {
  const { style } = page;
  const entries = plural(removed, 'entry', 'entries');
  const space = freed > 0n ? `, ${size(freed)}${dryRun ? '' : ' freed'}` : '';
  const text = dryRun ? `Would prune ${entries}${space}. Nothing was changed.` : `Pruned ${entries}${space}.`;
  const lines: Line[] = [
    { level: 'info', text: '' },
    { level: 'info', text: `${style.green('✓')} ${removed === 0 ? 'Nothing to prune.' : text}` },
  ];
  if (attention > 0) {
    const kept = plural(attention, 'entry', 'entries');
    lines.push({ level: 'warning', text: style.yellow(`! ${kept} kept, for the reasons above.`) });
  }
  if (stop !== undefined) {
    lines.push(stopLine(stop, 'The same command goes on from here.', page));
  }
  return lines;
}
