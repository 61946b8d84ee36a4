import type { RepairOutcome } from '../restore/repair/repair-apply.js';
import type { Decision } from '../restore/repair/repair-plan.js';
import type { Finding, ScanResult } from '../scan/result.js';
import type { Bytes } from '../sys/bytes.js';
import type { JsonObject } from '../words/json.js';
import { pathJson } from '../words/path-json.js';
import { plural } from '../words/plural.js';
import { sentence, shown } from '../words/shown.js';
import { type Failure, failureJson } from './failure.js';
import { findingPath } from './finding-path.js';
import { findingJson, findingLines } from './findings.js';
import { actionWords } from './repair-question.js';
import type { Line, Page, Report } from './report.js';
import { stopLine } from './stop-line.js';
import { summaryJson } from './summary.js';
import { targetJson, targetLines } from './target-view.js';
import { unreadableJson, unreadableLines } from './unreadable.js';

/** What `repair` did, or would do. */
export interface RepairRun {
  /** The last scan: what is left. */
  readonly scan: ScanResult;
  readonly done: readonly RepairOutcome[];
  /** What a map would do, where it only was looked at. */
  readonly told: readonly RepairOutcome[];
  /** Repairs that were not carried out, and what each would need. */
  readonly left: readonly Decision[];
  /** Whether what is safe, or told by a map, needs no further word. */
  readonly yes: boolean;
  readonly dryRun: boolean;
  /** Whether a person was asked. */
  readonly asked?: boolean;
  readonly seconds: number;
  /** What ended the run early, and how many repairs it left unmade. */
  readonly stop: { readonly failure: Failure; readonly unmade: number } | undefined;
}

/** What `repair` tells. */
export function repairReport(whole: RepairRun): Report {
  const run = withoutPlaced(whole);
  const { scan, done, told, left, dryRun, seconds, stop } = run;
  return {
    exitCode: stop?.failure.exitCode ?? (needsAttention(run) ? 4 : 0),
    text: (page) => [
      ...targetLines(scan.union, page.style),
      ...(done.length > 0 ? [{ level: 'info' as const, text: '' }] : []),
      ...done.flatMap((outcome) => outcomeLines(outcome, page)),
      ...told.flatMap((each) => toldLines(each, page)),
      ...(dryRun ? plannedSection(left, page) : []),
      ...findingLines(dryRun ? unplanned(scan.findings, left) : undeclined(run), page),
      ...unreadableLines(scan.unreadable, page),
      ...summaryLines(run, page),
    ],
    json: () => ({
      dryRun,
      target: targetJson(scan.union),
      entries: [],
      repairs: [...[...done, ...told].map(outcomeJson), ...left.map(decisionJson)],
      findings: whole.scan.findings.map(findingJson),
      unreadable: scan.unreadable.map(unreadableJson),
      ...(stop === undefined ? {} : { error: failureJson(stop.failure) }),
      summary: summaryJson({
        entries: scan.entries.length,
        linksMissing: scan.entries.reduce((sum, { missing }) => sum + missing.length, 0),
        linksRestored: 0,
        entriesRemoved: 0,
        entriesKept: left.length,
        bytesFreed: 0n,
        seconds,
      }),
    }),
  };
}

/** A dry run without what is found of entries that the map would place: the run itself comes to them no more. */
function withoutPlaced(run: RepairRun): RepairRun {
  const placed = placedBy(run);
  const stays = ({ path }: Finding): boolean => !placed.has(path);
  return {
    ...run,
    scan: { ...run.scan, findings: run.scan.findings.filter(stays) },
    left: run.left.filter(({ finding }) => stays(finding)),
  };
}

function placedBy({ told, dryRun, yes }: RepairRun): ReadonlySet<Bytes> {
  if (!dryRun || !yes) return new Set();
  return new Set(told.filter(({ reason }) => reason === undefined).map(({ finding }) => finding.path));
}

/** Findings that no repair of the plan would mend. */
function unplanned(findings: readonly Finding[], left: readonly Decision[]): Finding[] {
  return findings.filter((finding) => !left.some((decision) => decision.finding === finding));
}

/** What a person said no to. Whether a run that was stopped came to ask is not known. */
function declined({ asked, left, stop }: RepairRun): Decision[] {
  return asked === true && stop === undefined ? left.filter(({ verdict }) => verdict === 'ask') : [];
}

/** Whoever has just said no needs no telling of the command that asked. */
function undeclined(run: RepairRun): Finding[] {
  const these = new Set(declined(run).map(({ finding }) => finding));
  return run.scan.findings.map((finding) => (these.has(finding) ? { ...finding, remedy: '' } : finding));
}

function needsAttention({ scan, done, left, dryRun }: RepairRun): boolean {
  if (done.some((outcome) => !outcome.done)) return true;
  const mended = new Set(
    left.filter(({ verdict }) => dryRun && verdict === 'do').map(({ finding }) => finding),
  );
  return (
    scan.unreadable.length > 0 ||
    left.some(({ chosen, finding }) => chosen === true && !mended.has(finding)) ||
    scan.findings.some((finding) => finding.severity !== 'note' && !mended.has(finding))
  );
}

function outcomeLines({ finding, done, reason, kept }: RepairOutcome, { style }: Page): Line[] {
  const level = done ? ('info' as const) : ('warning' as const);
  const mark = done ? style.green('✓') : style.yellow('!');
  return [
    {
      level,
      text: `${mark} ${findingPath(finding.path)}: ${done ? sentence(doneWords(finding)) : sentence(`not mended: ${reason}`)} ${style.dim(`[${finding.code}]`)}`,
    },
    ...kept.map((path) => ({ level, text: `    kept as ${shown(path)}` })),
  ];
}

function toldLines({ finding, reason }: RepairOutcome, { style }: Page): Line[] {
  const text = reason === undefined ? finding.message : `stays: ${reason}`;
  return [
    {
      level: reason === undefined ? 'info' : 'warning',
      text: `${style.cyan('•')} ${findingPath(finding.path)}: ${sentence(text)} ${style.dim(`[${finding.code}]`)}`,
    },
  ];
}

function doneWords({ action }: Finding): string {
  if (action === undefined) return 'mended';
  return actionWords(action).replace(/^(\w+)( it\b)?/, (verb, word: string) => pastOf[word] ?? verb);
}

const pastOf: Readonly<Record<string, string>> = {
  move: 'moved',
  remove: 'removed',
  set: 'set',
  give: 'given',
  link: 'linked',
  flush: 'flushed',
  end: 'ended',
  make: 'made',
};

function plannedSection(decisions: readonly Decision[], page: Page): Line[] {
  if (decisions.length === 0) return [];
  return [
    { level: 'info', text: '' },
    { level: 'info', text: page.style.bold('What repair would do') },
    ...decisions.flatMap((decision) => plannedLines(decision, page)),
  ];
}

function plannedLines({ finding, action, verdict, missing }: Decision, { style }: Page): Line[] {
  const text =
    verdict === 'do' ? `would ${actionWords(action)}` : `would need ${missing} to ${actionWords(action)}`;
  return [
    {
      level: 'info',
      text: `  ${style.cyan('•')} ${findingPath(finding.path)}: ${sentence(finding.message)} ${style.dim(`[${finding.code}]`)}`,
    },
    { level: 'info', text: `    ${style.dim('→')} ${sentence(text)}` },
  ];
}

function summaryLines(run: RepairRun, page: Page): Line[] {
  const { style } = page;
  const { scan, done, told, left, dryRun, stop } = run;
  const mended = done.filter((outcome) => outcome.done).length;
  const lines: Line[] = [{ level: 'info', text: '' }];
  if (mended > 0)
    lines.push({ level: 'info', text: `${style.green('✓')} ${plural(mended, 'repair')} made.` });
  const rest = scan.findings.filter(({ severity }) => severity !== 'note').length;
  if (done.length === 0 && rest === 0 && left.length + told.length === 0) {
    lines.push({ level: 'info', text: `${style.green('✓')} Nothing to repair.` });
  }
  const willDo = left.filter(({ verdict }) => verdict === 'do').length + placedBy(run).size;
  if (dryRun && left.length + told.length > 0) {
    lines.push({
      level: 'info',
      text: `Would make ${willDo} of ${plural(left.length + told.length, 'repair')}. Nothing was changed.`,
    });
  }
  const refused = declined(run);
  if (refused.length > 0) {
    lines.push({
      level: 'warning',
      text: style.yellow(`! ${plural(refused.length, 'repair was', 'repairs were')} not agreed to.`),
    });
  }
  const open = left.filter(
    (decision) =>
      !refused.includes(decision) && (decision.finding.severity !== 'note' || decision.chosen === true),
  );
  const needs = new Set(open.flatMap(({ missing }) => (missing === undefined ? [] : [missing])));
  for (const word of needs) {
    const count = open.filter(({ missing }) => missing === word).length;
    lines.push({
      level: 'warning',
      text: style.yellow(`! ${plural(count, 'repair needs', 'repairs need')} ${shown(word as Bytes)}.`),
    });
  }
  if (stop !== undefined) {
    const rest = stop.unmade === 0 ? '' : `${plural(stop.unmade, 'repair')} left. `;
    lines.push(stopLine(stop.failure, `${rest}The same command goes on from here.`, page));
  }
  return lines;
}

function outcomeJson({ finding, done, reason, kept }: RepairOutcome): JsonObject {
  return {
    code: finding.code,
    path: pathJson(finding.path),
    action: finding.action?.kind ?? null,
    done,
    reason: reason === undefined ? null : sentence(reason),
    kept: kept.map(pathJson),
  };
}

function decisionJson({ finding, action, missing }: Decision): JsonObject {
  return {
    code: finding.code,
    path: pathJson(finding.path),
    action: action.kind,
    done: false,
    reason: missing === undefined ? null : sentence(`needs ${missing}`),
    kept: [],
  };
}
