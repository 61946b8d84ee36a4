import { fileSystemOf } from '../../sys/filesystem.js';
import { directoryInodesAreTrue } from '../../union/handle-inode.js';
import type { Layer } from '../../union/view-rules.js';
import { InodeSet } from '../walk/inode-set.js';

/** Branches whose `d_ino` is the inode's own number. */
export function trueInodeBranches(layers: readonly Layer[]): ReadonlySet<number> {
  return new Set(
    layers.filter(({ root }) => directoryInodesAreTrue(fileSystemOf(root).type)).map(({ branch }) => branch),
  );
}

/** The numbers by which a walk knows the files in question; all names where a branch's numbers are not true. */
export function wantedOf<T extends { readonly branch: number }>(
  layers: readonly Layer[],
  files: readonly T[],
  inodeOf: (file: T) => bigint,
): ReadonlyMap<number, InodeSet | 'all'> {
  const trust = trueInodeBranches(layers);
  const inodes = new Map<number, bigint[]>();
  for (const file of files) {
    const list = inodes.get(file.branch);
    if (list === undefined) inodes.set(file.branch, [inodeOf(file)]);
    else list.push(inodeOf(file));
  }
  return new Map(
    [...inodes].map(([branch, list]) => [branch, trust.has(branch) ? InodeSet.of(list) : 'all']),
  );
}
