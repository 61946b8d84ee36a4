import { readFileSync } from 'node:fs';
import { BRANCH_HIDDEN } from '../../scan/mounted-aufs/mounted-aufs-findings.js';
import type { Finding, ScanResult } from '../../scan/result.js';
import { type Bytes, toBuffer } from '../../sys/bytes.js';
import type { AufsUnion } from '../../union/union.js';

/** Branches whose pseudo-links are out of reach, and pseudo-links of the kernel that no branch has. */
export function findOutOfSight(scan: ScanResult, { mounted }: AufsUnion, kernelRoot: Bytes): Finding[] {
  if (mounted === undefined || mounted.noplink === true) return [];
  const found = scan.findings.filter(({ code }) => code === BRANCH_HIDDEN);
  const count = kernelCount(kernelRoot, mounted.si);
  if (count === undefined || count === 0 || scan.entries.length > 0) return found;
  return [
    ...found,
    {
      code: BRANCH_HIDDEN,
      severity: 'error',
      path: mounted.path,
      message: `the kernel has ${count} pseudo-links of this mount, and its branches show none: either they are not reached under the paths that the kernel tells, or their entries went while another had to be kept`,
      remedy: 'run from the mount namespace that mounted the aufs; findmnt shows what covers a branch',
      safe: false,
    },
  ];
}

/** How many pseudo-links the kernel has in memory; undefined where debugfs does not tell. */
function kernelCount(kernelRoot: Bytes, si: string): number | undefined {
  try {
    const path = `${kernelRoot}/sys/kernel/debug/aufs/si_${si}/plink` as Bytes;
    const last = readFileSync(toBuffer(path), 'latin1').trim().split('\n').at(-1) ?? '';
    return /^\d+$/.test(last.trim()) ? Number(last) : undefined;
  } catch {
    return undefined;
  }
}
