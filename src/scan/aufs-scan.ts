import { ascii } from '../sys/bytes.js';
import { close } from '../sys/open.js';
import { readDirectory } from '../sys/read-directory.js';
import { isSysError } from '../sys/sys-error.js';
import { getXattr } from '../sys/xattr.js';
import { ORPHAN_DIRECTORY } from '../union/aufs-names.js';
import { aufsRules } from '../union/aufs-rules.js';
import { openQuietly } from '../union/open-layer-directory.js';
import type { AufsUnion } from '../union/union.js';
import type { Layer } from '../union/view-rules.js';
import { aufsFindings } from './aufs-findings.js';
import { readPlinks } from './aufs-index.js';
import { LowerPlinkNames, lowerKey, UpperPlinkNames } from './aufs-names.js';
import { classifyPlink, proveOrigin } from './aufs-states.js';
import { openLayers } from './open-layers.js';
import { isOwnTemporary, RUNNING_XATTR } from './own-marks.js';
import type { Leftovers, ScanResult } from './result.js';
import { runWalk } from './run-walk.js';
import type { ScanOptions } from './scan.js';

/** Scans the branches of an aufs that is not mounted: what each pseudo-link stands for is proved by names. */
export async function scanAufs(union: AufsUnion, options: ScanOptions): Promise<ScanResult> {
  const layers = openLayers(union);
  try {
    const uppers = layers.all.filter(({ role }) => role === 'upper');
    const plinks = uppers.flatMap(readPlinks);
    const owed = uppers.some(({ root }) => getXattr(root, ascii(''), RUNNING_XATTR) !== undefined);
    const progress = { directories: 0, names: 0 };
    const upper = new UpperPlinkNames(layers.all, plinks, owed);
    if (plinks.length > 0 || owed) await runWalk(layers.roots, aufsRules, upper, options, progress);

    const proofs = plinks.map((plink) => ({
      plink,
      names: upper.byEntry.get(plink) ?? { names: [] },
      proof: proveOrigin(plink, upper.byEntry.get(plink) ?? { names: [] }),
    }));
    const origins = proofs.flatMap(({ plink, proof }) =>
      proof.origin === undefined
        ? []
        : [
            {
              branch: proof.origin.branch,
              dev: proof.origin.dev,
              ino: proof.origin.ino,
              upper: plink.branch,
            },
          ],
    );
    const lower = new LowerPlinkNames(layers.all, origins);
    if (origins.length > 0) await runWalk(layers.roots, aufsRules, lower, options, progress);

    const claims = rivals(proofs);
    const unreadable = [...upper.unreadable, ...lower.unreadable];
    const entries = proofs.map(({ plink, names, proof }) =>
      classifyPlink(plink, {
        upper: names,
        proof,
        lower:
          proof.origin === undefined
            ? undefined
            : lower.byInode.get(lowerKey(proof.origin.branch, proof.origin)),
        unreadable,
        rival: claims.get(plink),
      }),
    );
    const result: ScanResult = {
      union,
      entries,
      directories: lower.directories.flatMap(({ list }) => list),
      findings: [],
      unreadable,
      blocked: undefined,
      leftovers: leftovers(uppers, owed, upper),
      nfsExport: false,
      walked: progress,
    };
    return { ...result, findings: await aufsFindings(result, layers.all, options) };
  } finally {
    layers.close();
  }
}

type Proved = { plink: ReturnType<typeof readPlinks>[number]; proof: ReturnType<typeof proveOrigin> };

/** Two entries of one inode, or of one lower file: neither may be acted on. */
function rivals(proofs: readonly Proved[]): Map<Proved['plink'], Proved['plink']['name']> {
  const claimants = new Map<string, Proved['plink'][]>();
  for (const { plink, proof } of proofs) {
    if (plink.plink === undefined || proof.origin === undefined) continue;
    const key = lowerKey(proof.origin.branch, proof.origin);
    const list = claimants.get(key);
    if (list === undefined) claimants.set(key, [plink]);
    else list.push(plink);
  }
  const found = new Map<Proved['plink'], Proved['plink']['name']>();
  for (const list of claimants.values()) {
    const inodes = new Set(list.map(({ branch, stat }) => lowerKey(branch, stat)));
    if (inodes.size < 2) continue;
    for (const plink of list) {
      const other = list.find((each) => each !== plink);
      if (other !== undefined) found.set(plink, other.name);
    }
  }
  return found;
}

function leftovers(uppers: readonly Layer[], owed: boolean, upper: UpperPlinkNames): Leftovers {
  return {
    running: owed,
    temporaries: owed ? uppers.flatMap((layer) => ownTemporaries(layer)) : [],
    times: upper.owedTimes,
    marks: [],
  };
}

function ownTemporaries({ root, branch }: Layer): Leftovers['temporaries'] {
  let fd: number;
  try {
    fd = openQuietly(root, ORPHAN_DIRECTORY);
  } catch (error) {
    if (isSysError(error, 'ENOENT')) return [];
    throw error;
  }
  try {
    return [...readDirectory(fd)]
      .filter(({ name }) => isOwnTemporary(name))
      .map(({ name }) => ({ branch, name }));
  } finally {
    close(fd);
  }
}
