import type { Bytes } from '../../sys/bytes.js';
import { inodeOf } from '../../sys/inode-id.js';
import { stat } from '../../sys/stat.js';
import { getXattrFd } from '../../sys/xattr.js';
import { interruptedFindings } from '../findings/interrupted.js';
import { lostGroupFindings } from '../findings/lost-groups.js';
import { namesElsewhereFindings } from '../findings/names-elsewhere.js';
import { overlayEntryFindings } from '../findings/overlay-entries.js';
import { unreadableFindings } from '../findings/unreadable.js';
import { workLeftovers } from '../findings/work-leftovers.js';
import type { Finding, ScanResult } from '../result.js';
import type { ScanOptions } from '../scan-options.js';
import type { RawIndexEntry } from './overlay-index.js';
import type { OverlaySeen } from './overlay-seen.js';

/** Everything `check` has to say of an overlay; only what the entries themselves tell where it is not asked for. */
export async function overlayFindings(
  result: ScanResult,
  seen: OverlaySeen,
  options: ScanOptions,
): Promise<Finding[]> {
  const blocked = blockedFindings(result, seen);
  const findings = [
    ...overlayEntryFindings(result, seen.raw, seen.overlay),
    ...unreadableFindings(result),
    ...(options.thorough === true ? await thoroughFindings(result, seen, options) : []),
  ];
  if (result.blocked === undefined) return findings;
  // Until that is mended nothing else is certain enough to be.
  return [...blocked, ...findings.map((finding) => ({ ...finding, safe: false, action: undefined }))];
}

/** What the entries themselves do not tell. */
async function thoroughFindings(
  result: ScanResult,
  seen: OverlaySeen,
  options: ScanOptions,
): Promise<Finding[]> {
  const findings = [...workLeftovers(seen.overlay), ...interruptedFindings(result)];
  // With another lower than the union's own, every upper file would look lost.
  if (result.blocked !== undefined) return findings;
  return [
    ...findings,
    ...(await lostGroupFindings(result, seen, options)),
    ...(await namesElsewhereFindings(result, options)),
  ];
}

function blockedFindings(result: ScanResult, { overlay, raw, detached }: OverlaySeen): Finding[] {
  const { blocked, union } = result;
  if (blocked === undefined) return [];
  const { code, message, remedy } = blocked;
  const path = union.branches[0]?.path ?? ('' as Bytes);
  const { index, prefix } = overlay;
  if (code !== 'upper-moved' || index === undefined) {
    return [{ code, severity: 'error', path, message, remedy, safe: false }];
  }
  const whole = detached.length === 0 && isIndexOf(result, raw);
  return ['origin', 'upper']
    .filter((attribute) => getXattrFd(index, `${prefix}${attribute}`) !== undefined)
    .slice(0, 1)
    .map((attribute) => ({
      code,
      severity: 'error' as const,
      path,
      message,
      remedy: whole ? 'plinkctl repair -y: the index is told anew which upper it belongs to' : remedy,
      safe: whole,
      action: {
        kind: 'remove-attribute' as const,
        at: { in: 'index' as const, branch: 0, path: '' as Bytes, inode: inodeOf(stat(index, '' as Bytes)) },
        attribute: `${prefix}${attribute}`,
        consent: whole ? ('safe' as const) : ('decide' as const),
      },
    }));
}

/**
 * Whether the files of an upper are the index' own links, all of them: then they were copied together, hardlinks kept.
 * The work directory of another union has none of its files here, and its copies must not come to this one's names.
 */
function isIndexOf({ entries }: ScanResult, raw: readonly RawIndexEntry[]): boolean {
  const files = entries.filter((_, i) => raw[i]?.type === 'file');
  const accounted = files.every(({ inode, names }) => inode.nlink === 1 + names.length);
  return accounted && (files.length === 0 || files.some(({ names }) => names.length > 0));
}
