import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { PLINK_DIRECTORY, WHITEOUT_BASE } from './aufs-names.js';
import { branchDirectory, holds } from './branch-directory.js';
import type { DescribedUnion } from './described.js';
import type { MountOption } from './mount-options.js';
import { readOverlayWords } from './overlay-words.js';
import { refuseUnknownValues } from './refuse-unknown-values.js';
import type { Branch } from './union.js';

/** A union named branch by branch. */
export interface BranchWords {
  readonly upper?: Bytes | undefined;
  /** Top first. */
  readonly lowers?: readonly Bytes[] | undefined;
  readonly work?: Bytes | undefined;
  /** Where it cannot be seen. */
  readonly format?: 'aufs' | 'overlay' | undefined;
}

/**
 * The unmounted union that `--upper`, `--lower` and `--work` tell of.
 *
 * @param flags - options of the mount beside its branches
 * @throws Problem `usage` where one of them is missing or does not fit the format
 */
export function describeBranches(words: BranchWords, flags: readonly MountOption[]): DescribedUnion {
  const lowers = words.lowers ?? [];
  if (words.upper === undefined)
    throw new Problem('usage', 'no-upper', 'the upper branch is not given: add --upper');
  if (lowers.length === 0) throw new Problem('usage', 'no-lower', 'no lower branch is given: add --lower');
  const format = words.format ?? seenFormat(words.upper, words.work);
  if (format === 'aufs' && words.work !== undefined) {
    throw new Problem('usage', 'work-of-aufs', 'an aufs has no work directory: leave --work out', {
      path: words.work,
    });
  }
  const overlay = format === 'overlay';
  if (overlay) refuseUnknownValues(flags);
  const branches: Branch[] = [
    { path: words.upper, role: 'upper', whiteouts: true },
    ...lowers.map((path): Branch => ({ path, role: 'lower', whiteouts: overlay })),
  ];
  return {
    format,
    branches,
    work: words.work,
    options: readOverlayWords(flags).options,
    mounted: undefined,
    si: undefined,
  };
}

// aufs leaves its marks at the root of a writable branch, overlay in the work directory alone.
function seenFormat(upper: Bytes, work: Bytes | undefined): 'aufs' | 'overlay' {
  const top = branchDirectory(upper, 'the upper');
  const aufs = holds(top, PLINK_DIRECTORY) || holds(top, WHITEOUT_BASE);
  if (work === undefined) return aufs ? 'aufs' : 'overlay';
  const base = branchDirectory(work, 'the work directory');
  if (aufs || holds(base, 'work') || holds(base, 'index')) return aufs ? 'aufs' : 'overlay';
  throw new Problem('usage', 'not-a-work-directory', 'neither work nor index is in this work directory', {
    path: work,
    hint: 'give the directory that the overlay was mounted with as workdir=, or add --format overlay',
  });
}
