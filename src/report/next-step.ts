import type { Finding, ScanResult } from '../scan/result.js';
import { atRest, unmountWords } from './at-rest.js';
import type { Line, Page } from './report.js';
import { findingsOf } from './scan-findings.js';
import { targetWords } from './target-words.js';

/**
 * The command lines to run after a look at a union, in their order: none where there is nothing to do, or where only
 * what a finding's remedy tells helps.
 */
export function nextSteps(scan: ScanResult): string[] {
  const { union } = scan;
  const steps = nextVerbs(scan);
  // Through such a mount nothing can be linked.
  if (union.mounted !== undefined && union.format === 'overlay' && steps.length > 0) {
    if (union.options.index === false || union.mounted.readOnly) {
      return [unmountWords(union), ...nextSteps({ ...scan, union: atRest(union) })];
    }
  }
  return steps.map((verb) => `plinkctl ${verb} ${targetWords(scan.union)}`);
}

function nextVerbs({ entries, blocked, union, ...scan }: ScanResult): ('repair' | 'flush' | 'prune')[] {
  // Notes trouble nobody: a healthy union has some.
  const findings = findingsOf({ entries, blocked, union, ...scan }).filter(
    ({ severity }) => severity !== 'note',
  );
  // A repair works on a union at rest.
  const repair = union.mounted === undefined && findings.some(needsRepair) ? (['repair'] as const) : [];
  if (blocked !== undefined) return [...repair];
  const links = entries.some(({ missing }) => missing.length > 0);
  const flush = links || findings.some(({ action }) => action?.kind === 'flush') ? (['flush'] as const) : [];
  const prune = entries.some(({ state }) => state === 'orphan') ? (['prune'] as const) : [];
  // What the next mount would destroy is linked before anything else is touched.
  const first = findings.some(({ severity, action }) => severity === 'danger' && action?.kind === 'flush');
  return first ? [...flush, ...repair, ...prune] : [...repair, ...flush, ...prune];
}

// The others have a command of their own, and repair is their second way.
function needsRepair({ code, action }: Finding): boolean {
  return action !== undefined && action.kind !== 'flush' && code !== 'orphan';
}

/** {@link nextSteps} for a text report. */
export function nextLines(scan: ScanResult, { style }: Page): Line[] {
  return nextSteps(scan).map((command, index) => ({
    level: 'notice',
    text: `${style.dim(index === 0 ? 'next:' : 'then:')} ${command}`,
  }));
}
