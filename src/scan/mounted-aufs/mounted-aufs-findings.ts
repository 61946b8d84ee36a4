import { joinBytes } from '../../sys/bytes.js';
import { PLINK_DIRECTORY } from '../../union/aufs-names.js';
import type { Layer } from '../../union/view-rules.js';
import { unreadableFindings } from '../findings/unreadable.js';
import type { Finding, ScanResult } from '../result.js';

/** A writable branch whose pseudo-links are not where the kernel says the branch is. */
export const BRANCH_HIDDEN = 'branch-hidden';

/**
 * What `check` tells of a mounted aufs. Pseudo-links of the running mount are as they should be until it is
 * unmounted; what an earlier mount left is not.
 *
 * @param bare - writable branches without a directory for pseudo-links
 */
export function mountedAufsFindings(result: ScanResult, bare: readonly Layer[]): Finding[] {
  const findings: Finding[] = bare.map(({ path }) => ({
    code: BRANCH_HIDDEN,
    severity: 'error',
    path: joinBytes(path, PLINK_DIRECTORY),
    message: 'is not there: something else is mounted over the branch, and its pseudo-links are out of reach',
    remedy: 'findmnt on this path shows what covers it; run from the mount namespace that mounted the aufs',
    safe: false,
  }));
  for (const { state, atRisk, name, reason } of result.entries) {
    if (state === 'restorable' || state === 'complete') continue;
    findings.push({
      code: state === 'junk' ? 'junk-name' : 'leftover-plink',
      severity: atRisk ? 'danger' : 'warning',
      path: name,
      message: reason ?? 'no pseudo-link of this mount',
      remedy: 'unmount the aufs, then plinkctl check and plinkctl flush with its branches (-o br:…)',
      safe: false,
    });
  }
  return [...findings, ...unreadableFindings(result)];
}
