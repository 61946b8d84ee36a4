import type { EntryState, IndexEntry, ScanResult } from '../scan/result.js';
import { plural } from '../words/plural.js';
import { entryJson } from './entry-json.js';
import { entryTree } from './entry-tree.js';
import { seen } from './entry-view.js';
import { findingJson, findingLines } from './findings.js';
import { nameTree } from './name-tree.js';
import { nextLines } from './next-step.js';
import type { Line, Page, Report } from './report.js';
import { findingsOf, needsAttention } from './scan-findings.js';
import { summaryJson } from './summary.js';
import { targetJson, targetLines } from './target-view.js';
import { unreadableJson, unreadableLines } from './unreadable.js';

/** How `list` shows entries. */
export interface ListForm {
  /** The names as a directory tree, instead of entry by entry. */
  readonly tree?: boolean;
  /** Entries that there are, of which those of the scan were chosen. */
  readonly of?: number;
}

/**
 * What `list` and `check` tell.
 *
 * @param seconds - how long the scan took
 */
export function scanReport(
  command: 'list' | 'check',
  scan: ScanResult,
  seconds: number,
  { tree = false, of = scan.entries.length }: ListForm = {},
): Report {
  const attention = command === 'check' && needsAttention(scan);
  return {
    exitCode: attention ? 4 : 0,
    subjects: [{ scan, seconds }],
    text: (page) => [
      // A list looks into the mount table of its own namespace alone.
      ...targetLines(scan.union, page.style, command === 'list' ? 'not mounted here' : undefined),
      ...(command === 'list' || page.verbosity === 'verbose'
        ? tree
          ? nameTree(scan.entries, page)
          : entryLines(scan, page)
        : []),
      ...findingLines(findingsOf(scan), page),
      ...unreadableLines(scan.unreadable, page),
      ...summaryLines(command, scan, of, page),
    ],
    json: () => ({
      dryRun: false,
      target: targetJson(scan.union),
      entries: scan.entries.map((entry) => entryJson(seen(entry))),
      findings: findingsOf(scan).map(findingJson),
      unreadable: scan.unreadable.map(unreadableJson),
      summary: summaryJson({
        entries: scan.entries.length,
        linksMissing: linksMissing(scan),
        linksRestored: 0,
        entriesRemoved: 0,
        entriesKept: 0,
        bytesFreed: 0n,
        seconds,
      }),
    }),
  };
}

function entryLines(scan: ScanResult, page: Page): Line[] {
  return scan.entries.flatMap((entry) => [
    { level: 'info' as const, text: '' },
    ...entryTree(seen(entry), page, false),
  ]);
}

function summaryLines(command: 'list' | 'check', scan: ScanResult, of: number, page: Page): Line[] {
  const { style } = page;
  const howMany = countText(scan.entries, of);
  const risky = scan.entries.filter(({ atRisk }) => atRisk).length;
  const missing = linksMissing(scan);
  const lines: Line[] = [
    { level: 'info', text: '' },
    {
      level: 'info',
      text:
        of === 0
          ? `${style.green('✓')} The index is empty.`
          : `${howMany}. ${missing === 0 ? 'No name is missing.' : `${plural(missing, 'name is', 'names are')} missing.`}`,
    },
  ];
  if (risky > 0) {
    lines.push({
      level: 'error',
      text: style.red(
        style.bold(
          `${plural(risky, 'entry holds', 'entries hold')} the only copy of data that the next mount or another tool's flush would destroy.`,
        ),
      ),
    });
  }
  if (command === 'check' && !needsAttention(scan)) {
    lines.push({ level: 'info', text: style.green('✓ Nothing is broken or at risk.') });
  }
  if (command === 'check' && missing > 0) {
    lines.push({
      level: 'info',
      text: 'Without the index the missing names show old content: flush before the upper is copied, packed or mounted otherwise.',
    });
  }
  return [...lines, ...nextLines(scan, page)];
}

function linksMissing(scan: ScanResult): number {
  return scan.entries.reduce((sum, { missing }) => sum + missing.length, 0);
}

function countText(entries: readonly IndexEntry[], of: number): string {
  if (entries.length === 0) return `None of ${plural(of, 'entry', 'entries')}`;
  const chosen = entries.length === of ? '' : ` of ${of}`;
  return `${plural(entries.length, 'entry', 'entries')}${chosen}: ${countStates(entries)}`;
}

function countStates(entries: readonly IndexEntry[]): string {
  const counts = new Map<EntryState, number>();
  for (const { state } of entries) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}
