import type { Layer } from '../union/view-rules.js';
import { unreadableFindings } from './findings/unreadable.js';
import type { Finding, ScanResult } from './result.js';
import type { ScanOptions } from './scan.js';

/** Everything `check` has to say of an aufs that is not mounted. */
export async function aufsFindings(
  result: ScanResult,
  _layers: readonly Layer[],
  _options: ScanOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { state, atRisk, name, reason } of result.entries) {
    findings.push({
      code: state === 'junk' ? 'junk-name' : state === 'ambiguous' ? 'ambiguous' : 'leftover-plink',
      severity: atRisk ? 'danger' : state === 'restorable' || state === 'complete' ? 'warning' : 'error',
      path: name,
      message:
        reason ?? 'a pseudo-link that was not flushed: the next mount ignores it, and its group falls apart',
      safe: state === 'restorable' || state === 'complete',
      remedy: state === 'restorable' || state === 'complete' ? 'plinkctl flush' : 'plinkctl repair',
    });
  }
  return [...findings, ...unreadableFindings(result)];
}
