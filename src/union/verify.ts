import { Problem } from '../problem.js';
import { type BranchDirectory, branchDirectory } from './branch-directory.js';
import { checkLayout } from './check-layout.js';
import type { DescribedUnion } from './described.js';
import type { Branch, Union } from './union.js';

/**
 * Asks the disk about a described union: every directory there, and laid out as the kernel would take them.
 *
 * @throws Problem for a union without anything writable, and for directories that cannot be its branches
 */
export function verify(described: DescribedUnion): Union {
  const { format, mounted } = described;
  if (mounted !== undefined) refuseRelative(described);
  if (!described.branches.some((branch) => branch.role === 'upper')) throw nothingWritable(described);
  if (!described.branches.some((branch) => branch.role !== 'upper') && format === 'overlay') {
    throw new Problem('usage', 'no-lower', 'an overlay needs a lower directory');
  }
  const directories = described.branches.map((branch, position) =>
    branchDirectory(branch.path, whatIs(described, branch, position)),
  );
  const branches = described.branches.map((branch, position) => ({
    ...branch,
    path: directories[position]?.path ?? branch.path,
  }));
  if (format === 'aufs') {
    if (mounted === undefined) checkLayout(directories, undefined);
    return {
      format,
      branches,
      mounted: mounted === undefined ? undefined : { ...mounted, si: described.si ?? '' },
    };
  }
  const work = workDirectory(described);
  // What the kernel has mounted, it has checked.
  if (mounted === undefined) checkLayout(directories, work);
  return { format, branches, work: work.path, options: described.options, mounted };
}

function workDirectory({ work }: DescribedUnion): BranchDirectory {
  if (work !== undefined) return branchDirectory(work, 'the work directory');
  throw new Problem('usage', 'no-work', 'an overlay’s index is in its work directory, which is not given', {
    hint: 'add --work DIR (or workdir=DIR), or say --format aufs if it is an aufs branch',
  });
}

function refuseRelative(described: DescribedUnion): void {
  const paths = [
    ...described.branches.map((branch) => branch.path),
    ...(described.work === undefined ? [] : [described.work]),
  ];
  const relative = paths.find((path) => !path.startsWith('/'));
  if (relative === undefined) return;
  throw new Problem(
    'operational',
    'relative-branch',
    `it was mounted with relative paths (${relative}), and from which directory is not known`,
    {
      path: described.mounted?.path,
      hint: 'mount it with absolute paths; once it is unmounted, --upper, --lower and --work name its branches',
    },
  );
}

function nothingWritable({ format, mounted, branches }: DescribedUnion): Problem {
  if (branches.length === 0) {
    return new Problem('operational', 'no-branches', 'the branches of this union are not known', {
      path: mounted?.path,
      hint: 'name them: -o, or --upper, --lower and --work',
    });
  }
  return new Problem(
    mounted === undefined ? 'usage' : 'operational',
    'no-upper',
    format === 'aufs'
      ? 'no branch of this aufs is writable, so there is nothing to restore to'
      : 'this overlay has no upper directory, so it has no index',
    { path: mounted?.path },
  );
}

function whatIs({ format }: DescribedUnion, branch: Branch, position: number): string {
  if (format === 'aufs') return `branch ${position}`;
  return branch.role === 'upper' ? 'the upper' : `lower ${position}`;
}
