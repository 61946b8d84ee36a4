import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { canonicalPath } from './absolute-path.js';
import { type BranchWords, describeBranches } from './describe-branches.js';
import { describeMount, isUnionType } from './describe-mount.js';
import { describeWords, namesBranches } from './describe-words.js';
import type { DescribedUnion } from './described.js';
import { findMounted, wholeMount } from './find-mounted.js';
import { fstabUnions, readFstab } from './fstab.js';
import { parseMountOptions } from './mount-options.js';
import { notAMountPoint } from './not-a-mount-point.js';
import type { Union } from './union.js';
import { verify } from './verify.js';

/** The words by which a command line names one union. */
export interface TargetWords extends BranchWords {
  readonly mountpoint?: Bytes | undefined;
  /** Values of `-o`, in order. */
  readonly options?: readonly Bytes[] | undefined;
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
  const described = describe(words, kernelRoot);
  if (words.format === undefined || words.format === described.format) return described;
  const [is, asked] = [article(described.format), article(words.format)];
  throw new Problem('usage', 'other-format', `this is ${is}, not ${asked}`, { path: words.mountpoint });
}

function describe(words: TargetWords, kernelRoot: Bytes): DescribedUnion {
  const { mountpoint, fstab, upper, lowers = [], work } = words;
  const options = parseMountOptions((words.options ?? []).join(',') as Bytes);
  const byBranches = upper !== undefined || lowers.length > 0 || work !== undefined;
  // Beside --upper and --lower, -o may say how the layers are read (userxattr, redirect_dir=…).
  const byOptions = options.length > 0 && !(byBranches && !namesBranches(options));
  if ([byOptions, byBranches, mountpoint !== undefined].filter(Boolean).length > 1) {
    const message = 'name the union in one way: MOUNTPOINT, -o, or --upper and --lower';
    throw new Problem('usage', 'two-targets', message);
  }
  if (fstab !== undefined && (byOptions || byBranches)) {
    const message = '--fstab takes the branches from the fstab: name a MOUNTPOINT, or leave it out';
    throw new Problem('usage', 'two-targets', message);
  }
  if (byOptions) return describeWords(options);
  if (byBranches) return describeBranches(words, options);
  if (mountpoint === undefined) {
    if (fstab !== undefined) {
      throw new Problem('usage', 'no-target', '--fstab needs the mount point to look for');
    }
    throw new Problem('usage', 'no-target', 'no union is named', {
      hint: 'name a mount point, or branches by -o or --upper and --lower; plinkctl discover lists the unions',
    });
  }
  // It would be taken for the working directory: what a script gives whose variable is unset.
  if (mountpoint === '') throw new Problem('usage', 'no-target', 'the MOUNTPOINT is empty');
  return fstab === undefined
    ? describeMounted(mountpoint, kernelRoot)
    : describeFstab(mountpoint, fstab, kernelRoot);
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
  try {
    return describeWords(parseMountOptions(entry.options));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // Its own hint is about a command line.
    throw new Problem(error.kind, error.code, error.message, {
      path: mountpoint,
      hint: 'mend its options in the fstab',
      cause: error,
    });
  }
}

function article(format: string): string {
  return format === 'aufs' ? 'an aufs' : 'an overlay';
}
