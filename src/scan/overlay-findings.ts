import type { Bytes } from '../sys/bytes.js';
import type { ViewRules } from '../union/view-rules.js';
import type { RawIndexEntry } from './overlay-index.js';
import type { OverlayLayers } from './overlay-layers.js';
import type { UnindexedFile } from './overlay-names.js';
import type { Finding, ScanResult } from './result.js';
import type { ScanOptions } from './scan.js';

/** What a scan saw besides its result. */
export interface OverlaySeen {
  readonly overlay: OverlayLayers;
  readonly raw: readonly RawIndexEntry[];
  readonly rules: ViewRules;
  /** Upper files whose origin names an entry of which they are no link. */
  readonly detached: readonly { readonly path: Bytes; readonly key: string }[];
  /** Upper files whose entry was lost while other names show the old file. */
  readonly unindexed: readonly UnindexedFile[];
}

/** Everything `check` has to say of an overlay. */
export async function overlayFindings(
  result: ScanResult,
  seen: OverlaySeen,
  _options: ScanOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (result.blocked !== undefined) {
    const { code, message, remedy } = result.blocked;
    findings.push({
      code,
      severity: 'error',
      path: result.union.branches[0]?.path ?? ('' as Bytes),
      message,
      remedy,
    });
  }
  for (const entry of result.entries) findings.push(...ofEntry(entry));
  for (const { path } of seen.detached) {
    findings.push({
      code: 'detached-twin',
      severity: 'warning',
      path,
      message:
        'carries the origin of an index entry but is another file: it no longer changes with its group',
      remedy: 'plinkctl repair --rejoin, if it is meant to be the same file',
    });
  }
  for (const { path } of seen.unindexed) {
    findings.push({
      code: 'index-missing',
      severity: 'warning',
      path,
      message: 'its index entry is lost: the other names of its group show the old content',
      remedy: 'plinkctl repair --rejoin, if they are meant to be the same file',
    });
  }
  for (const { path, code } of result.unreadable) {
    findings.push({
      code: 'unreadable',
      severity: 'warning',
      path,
      message: `cannot be read (${code}): entries it may concern are kept`,
      remedy: 'mend the directory or the rights to it, then run again',
    });
  }
  return findings;
}

function ofEntry(entry: ScanResult['entries'][number]): Finding[] {
  const { state, atRisk, name, reason } = entry;
  const finding = (code: string, severity: Finding['severity'], remedy: string): Finding => ({
    code,
    severity,
    path: name,
    message: reason ?? state,
    remedy,
  });
  switch (state) {
    case 'restorable':
      if (atRisk) return [finding('only-copy-at-risk', 'danger', 'plinkctl flush, before the next mount')];
      return [];
    case 'orphan':
      return [finding('orphan', 'warning', 'plinkctl prune')];
    case 'stale':
      return [finding('stale', 'warning', 'plinkctl flush')];
    case 'damaged':
      return [
        finding(
          entry.evidence[0] === 'failed copy-up' ? 'failed-copy-up' : 'origin-missing',
          'error',
          'plinkctl repair',
        ),
      ];
    case 'ambiguous':
      return [finding('ambiguous', atRisk ? 'danger' : 'warning', 'plinkctl repair')];
    case 'junk':
      return [finding('junk-name', 'error', 'plinkctl repair --rescue DIR')];
    case 'foreign':
      return [finding('foreign', 'warning', 'give every lower that the union is mounted with')];
    case 'whiteout':
      return entry.missing.length > 0 ? [finding('whiteout-conflict', 'error', 'plinkctl repair')] : [];
    default:
      return [];
  }
}
