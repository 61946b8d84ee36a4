import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { isSysError } from '../sys/sys-error.js';
import { canonicalPath } from './absolute-path.js';
import { PLINK_DIRECTORY, WHITEOUT_BASE } from './aufs-names.js';
import { type BranchDirectory, branchDirectory, holds } from './branch-directory.js';
import { surroundingUnion } from './find-mounted.js';
import { type FstabEntry, fstabUnions, readFstab } from './fstab.js';
import type { MountInfo } from './mountinfo.js';

/** Why a path that was given as a mount point is not one of a union, and how to name the union it belongs to. */
export function notAMountPoint(path: Bytes, mount: MountInfo | undefined, kernelRoot: Bytes): Problem {
  const refusal = (code: string, message: string, hint?: string): Problem =>
    new Problem('operational', code, message, { path, hint });
  if (mount?.type === 'fuse.fuse-overlayfs') {
    return refusal(
      'fuse-overlayfs',
      'this is a fuse-overlayfs, which keeps no index of its hardlinks',
      'names that fell apart there cannot be told from names that were meant to be apart',
    );
  }
  if (mount?.type === 'overlayfs') {
    return refusal('old-overlayfs', 'this overlayfs is older than Linux 3.18 and has no index');
  }
  const directory = branchDirectory(path, mount === undefined ? 'this' : 'the mount point');
  if (inFstab(path, kernelRoot)) {
    return refusal(
      'not-mounted',
      'this union is not mounted',
      'add --fstab to take its branches from the fstab',
    );
  }
  if (looksLike(directory, PLINK_DIRECTORY, WHITEOUT_BASE)) {
    return refusal(
      'branch-not-union',
      'this is a branch of an aufs, not a mounted union',
      'give --upper with this directory, and --lower with each branch below it, top first',
    );
  }
  if (looksLike(directory, 'work') && looksLike(directory, 'index')) {
    return refusal(
      'work-not-union',
      'this looks like the work directory of an overlay, not like a mounted union',
      'give --work with this directory, --upper, and --lower with each layer, top first',
    );
  }
  const around = surroundingUnion(path, kernelRoot);
  if (around !== undefined) {
    return new Problem('operational', 'inside-union', 'this is a directory inside of a mounted union', {
      path,
      hint: 'give the mount point itself (findmnt --target shows it)',
    });
  }
  return refusal(
    'not-a-union',
    mount === undefined
      ? 'no aufs or overlay is mounted here'
      : `what is mounted here is ${mount.type}, neither aufs nor overlay`,
    'plinkctl discover lists the unions; for one that is not mounted give -o, or --upper and --lower',
  );
}

function looksLike(directory: BranchDirectory, ...names: readonly string[]): boolean {
  try {
    return names.some((name) => holds(directory, name));
  } catch (error) {
    if (isSysError(error, 'EACCES')) return false;
    throw error;
  }
}

function inFstab(path: Bytes, kernelRoot: Bytes): boolean {
  const wanted = canonicalPath(path);
  let entries: FstabEntry[];
  try {
    entries = readFstab(`${kernelRoot}/etc/fstab` as Bytes);
  } catch {
    return false;
  }
  return fstabUnions(entries).some((entry) => canonicalPath(entry.mountpoint) === wanted);
}
