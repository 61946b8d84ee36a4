import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { canonicalPath } from './absolute-path.js';
import { branchDirectory, holds } from './branch-directory.js';
import { describeMount, isUnionType } from './describe-mount.js';
import { describeWords } from './describe-words.js';
import type { DescribedUnion } from './described.js';
import { findMounted, wholeMount } from './find-mounted.js';
import { fstabUnions, readFstab } from './fstab.js';
import { notAMountPoint } from './not-a-mount-point.js';
import { noOverlayOptions } from './overlay-words.js';
import type { Branch, Union } from './union.js';
import { verify } from './verify.js';

/** The words by which a command line names one union. */
export interface TargetWords {
  readonly mountpoint?: Bytes | undefined;
  /** Values of `-o`, in order. */
  readonly options?: readonly Bytes[] | undefined;
  readonly upper?: Bytes | undefined;
  /** Top first. */
  readonly lowers?: readonly Bytes[] | undefined;
  readonly work?: Bytes | undefined;
  readonly format?: 'aufs' | 'overlay' | undefined;
  /** The fstab to take `mountpoint`'s branches from; `''` is the system's. */
  readonly fstab?: Bytes | undefined;
}

/**
 * The union that a command line names.
 *
 * @param kernelRoot - directory that holds `proc`, `sys` and `etc`; `''` for the machine itself
 * @throws Problem saying in one line why it is none, and how to name it right
 * @throws SysError where a directory could not be looked at
 */
export function resolveTarget(words: TargetWords, kernelRoot: Bytes = '' as Bytes): Union {
  return verify(describeTarget(words, kernelRoot));
}

/** As {@link resolveTarget}, without asking the disk about the branches. */
export function describeTarget(words: TargetWords, kernelRoot: Bytes = '' as Bytes): DescribedUnion {
  const byOptions = (words.options ?? []).length > 0;
  const byBranches = words.upper !== undefined || (words.lowers ?? []).length > 0 || words.work !== undefined;
  const ways = [byOptions, byBranches, words.mountpoint !== undefined].filter(Boolean).length;
  if (ways > 1) {
    throw new Problem(
      'usage',
      'two-targets',
      'name the union in one way: MOUNTPOINT, -o, or --upper and --lower',
    );
  }
  if (words.fstab !== undefined && words.mountpoint === undefined) {
    throw new Problem('usage', 'no-target', '--fstab needs the mount point to look for');
  }
  const described = byOptions
    ? describeWords((words.options ?? []).join(',') as Bytes)
    : byBranches
      ? describeBranches(words)
      : words.mountpoint === undefined
        ? undefined
        : words.fstab === undefined
          ? describeMounted(words.mountpoint, kernelRoot)
          : describeFstab(words.mountpoint, words.fstab, kernelRoot);
  if (described === undefined) {
    throw new Problem('usage', 'no-target', 'no union is named', {
      hint: 'name a mount point, or branches by -o or --upper and --lower; plinkctl discover lists the unions',
    });
  }
  if (words.format !== undefined && words.format !== described.format) {
    throw new Problem(
      'usage',
      'other-format',
      `this is ${article(described.format)}, not ${article(words.format)}`,
      {
        path: words.mountpoint,
      },
    );
  }
  return described;
}

function describeMounted(path: Bytes, kernelRoot: Bytes): DescribedUnion {
  const found = findMounted(path, kernelRoot);
  if (found === undefined || !isUnionType(found.mount.type))
    throw notAMountPoint(path, found?.mount, kernelRoot);
  const whole = wholeMount(found, kernelRoot);
  if (whole === undefined) {
    throw new Problem(
      'operational',
      'part-of-union',
      'this is a bind mount of a directory inside of a union',
      {
        path,
        hint: 'the whole union is mounted nowhere in sight: name its branches by -o or --upper and --lower',
      },
    );
  }
  return describeMount(whole.mount, kernelRoot, whole.pid);
}

function describeFstab(mountpoint: Bytes, file: Bytes, kernelRoot: Bytes): DescribedUnion {
  const path = file === '' ? (`${kernelRoot}/etc/fstab` as Bytes) : file;
  const wanted = canonicalPath(mountpoint);
  const entry = fstabUnions(readFstab(path)).find((each) => canonicalPath(each.mountpoint) === wanted);
  if (entry === undefined) {
    throw new Problem(
      'operational',
      'not-in-fstab',
      'no aufs or overlay with this mount point is in the fstab',
      {
        path: mountpoint,
      },
    );
  }
  return describeWords(entry.options);
}

function describeBranches(words: TargetWords): DescribedUnion {
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
  const branches: Branch[] = [
    { path: words.upper, role: 'upper', whiteouts: true },
    ...lowers.map((path): Branch => ({ path, role: 'lower', whiteouts: overlay })),
  ];
  return { format, branches, work: words.work, options: noOverlayOptions, mounted: undefined, si: undefined };
}

// aufs leaves its marks at the root of a writable branch, overlay in the work directory alone.
function seenFormat(upper: Bytes, work: Bytes | undefined): 'aufs' | 'overlay' {
  const top = branchDirectory(upper, 'the upper');
  const aufs = holds(top, '.wh..wh.plnk') || holds(top, '.wh..wh.aufs');
  if (work === undefined) return aufs ? 'aufs' : 'overlay';
  const base = branchDirectory(work, 'the work directory');
  if (aufs || holds(base, 'work') || holds(base, 'index')) return aufs ? 'aufs' : 'overlay';
  throw new Problem('usage', 'not-a-work-directory', 'neither work nor index is in this work directory', {
    path: work,
    hint: 'give the directory that the overlay was mounted with as workdir=, or add --format overlay',
  });
}

function article(format: string): string {
  return format === 'aufs' ? 'an aufs' : 'an overlay';
}
