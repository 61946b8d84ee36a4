import type { Plan } from '../restore/plan-types.js';
import type { ScanResult } from '../scan/result.js';
import { pathJson } from '../words/path-json.js';
import { plural } from '../words/plural.js';
import { shown } from '../words/shown.js';
import { entryJson } from './entry-json.js';
import { entryTree } from './entry-tree.js';
import { type EntryView, keptViews, settledLines, toldViews } from './entry-view.js';
import { findingJson } from './findings.js';
import type { Line, Page, Report } from './report.js';
import { summaryJson } from './summary.js';
import { targetJson, targetLines } from './target-view.js';
import { unreadableJson, unreadableLines } from './unreadable.js';

/**
 * What `--dry-run` tells: the plan, in the words of the outcome it would have.
 *
 * @param seconds - how long the scan took
 */
export function planReport(scan: ScanResult, plan: Plan, seconds: number): Report {
  const views = viewsOf(plan);
  const links = plan.entries.reduce((sum, { link }) => sum + link.length, 0);
  const removals = plan.entries.filter(({ remove }) => remove).length;
  const attention = views.filter((view) => view.attention).length;
  return {
    exitCode: attention > 0 ? 4 : 0,
    text: (page) => [
      ...targetLines(scan.union, page.style),
      ...directoryLines(plan, page),
      ...toldViews(views, page).flatMap((view) => [
        { level: 'info' as const, text: '' },
        ...entryTree(view, page, true),
      ]),
      ...settledLines(views, page),
      ...unreadableLines(scan.unreadable, page),
      ...summaryLines(links, removals, attention, page),
    ],
    json: () => ({
      dryRun: true,
      target: targetJson(scan.union),
      directories: plan.directories.map(({ path }) => pathJson(path)),
      entries: views.map(entryJson),
      findings: scan.findings.map(findingJson),
      unreadable: scan.unreadable.map(unreadableJson),
      summary: summaryJson({
        entries: scan.entries.length,
        linksMissing: views.reduce((sum, { missing }) => sum + missing.length, 0),
        linksRestored: links,
        entriesRemoved: removals,
        entriesKept: attention,
        bytesFreed: 0n,
        seconds,
      }),
    }),
  };
}

function viewsOf(plan: Plan): EntryView[] {
  const planned = plan.entries.map(({ entry, link, remove, obstacle }): EntryView => {
    const linked = new Set(link);
    return {
      entry,
      restored: link,
      missing: entry.missing.map(({ path }) => path).filter((path) => !linked.has(path)),
      removed: remove,
      reason: obstacle ?? entry.reason,
      attention: obstacle !== undefined,
    };
  });
  return [...planned, ...keptViews(plan.kept, planned)];
}

function directoryLines(plan: Plan, { style }: Page): Line[] {
  if (plan.directories.length === 0) return [];
  return [
    { level: 'info', text: '' },
    { level: 'info', text: 'directories to be made' },
    ...plan.directories.map(({ path }) => ({
      level: 'info' as const,
      text: `${style.dim('·')} ${style.green('+')} ${shown(path)}/`,
    })),
  ];
}

function summaryLines(links: number, removals: number, attention: number, { style }: Page): Line[] {
  const parts = [
    links > 0 ? `put back ${plural(links, 'name')}` : undefined,
    removals > 0 ? `remove ${plural(removals, 'entry', 'entries')} from the index` : undefined,
  ].filter((part) => part !== undefined);
  const lines: Line[] = [
    { level: 'info', text: '' },
    {
      level: 'info',
      text:
        parts.length === 0
          ? `${style.green('✓')} Nothing to do.`
          : `Would ${parts.join(' and ')}. Nothing was changed.`,
    },
  ];
  if (attention > 0) {
    lines.push({
      level: 'warning',
      text: style.yellow(`! ${plural(attention, 'entry', 'entries')} would be kept, for the reasons above.`),
    });
  }
  return lines;
}
