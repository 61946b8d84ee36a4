import type { Report } from '../report/report.js';
import { exitCode } from './exit-code.js';
import type { UnionPolicy } from './union-policy.js';

/**
 * A report on what was done, without the exit code for entries that had to be kept where the configuration forgives
 * that. What `check` finds is no such thing.
 */
export function bestEffort(report: Report, { mode }: UnionPolicy): Report {
  const forgiven = mode === 'best-effort' && report.exitCode === exitCode.attention;
  return forgiven ? { ...report, exitCode: exitCode.done } : report;
}
