import type { EntryState, IndexEntry, ScanResult } from '../scan/result.js';
import { entryJson } from './entry-json.js';
import { entryTree } from './entry-tree.js';
import { seen } from './entry-view.js';
import { findingJson, findingLines } from './findings.js';
import { plural } from './plural.js';
import type { Line, Page, Report } from './report.js';
import { findingsOf, needsAttention } from './scan-findings.js';
import { summaryJson } from './summary.js';
import { targetJson, targetLines, targetWords } from './target-view.js';
import { unreadableJson, unreadableLines } from './unreadable.js';

/**
 * What `list` and `check` tell.
 *
 * @param seconds - how long the scan took
 */
export function scanReport(command: 'list' | 'check', scan: ScanResult, seconds: number): Report {
  const attention = command === 'check' && needsAttention(scan);
  return {
    exitCode: attention ? 4 : 0,
    subjects: [{ scan, seconds }],
    text: (page) => [
      ...targetLines(scan.union, page.style),
      ...(command === 'list' || page.verbosity === 'verbose' ? entryLines(scan, page) : []),
      ...findingLines(findingsOf(scan), page),
      ...unreadableLines(scan.unreadable, page),
      ...summaryLines(command, scan, page),
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

function summaryLines(command: 'list' | 'check', scan: ScanResult, { style }: Page): Line[] {
  const counts = countStates(scan.entries);
  const risky = scan.entries.filter(({ atRisk }) => atRisk).length;
  const missing = linksMissing(scan);
  const lines: Line[] = [
    { level: 'info', text: '' },
    {
      level: 'info',
      text:
        scan.entries.length === 0
          ? `${style.green('✓')} The index is empty.`
          : `${plural(scan.entries.length, 'entry', 'entries')}: ${counts}. ${missing === 0 ? 'No name is missing.' : `${plural(missing, 'name is', 'names are')} missing.`}`,
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
    lines.push({ level: 'info', text: style.green('✓ Nothing needs attention.') });
  }
  if (missing > 0) {
    lines.push({ level: 'notice', text: `${style.dim('next:')} plinkctl flush ${targetWords(scan.union)}` });
  }
  return lines;
}

function linksMissing(scan: ScanResult): number {
  return scan.entries.reduce((sum, { missing }) => sum + missing.length, 0);
}

function countStates(entries: readonly IndexEntry[]): string {
  const counts = new Map<EntryState, number>();
  for (const { state } of entries) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}
