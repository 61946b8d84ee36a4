import { expect } from '@jest/globals';
import type { Bytes } from '../../src/sys/bytes.js';
import { byPath, type Tree, type TreeEntry, type TreeFact } from './tree.js';

const facts: readonly TreeFact[] = [
  'kind',
  'inode',
  'group',
  'nlink',
  'mode',
  'owner',
  'size',
  'content',
  'xattrs',
  'atime',
  'mtime',
  'ctime',
  'blocks',
];

/**
 * What a mount may show differently though nothing a user cares for has changed: numbers of inodes (their
 * grouping is compared), the change time, which every link moves, and block counts.
 */
export const throughMount: readonly TreeFact[] = ['inode', 'ctime', 'blocks'];

export interface Comparison {
  /** Facts not compared at all. */
  readonly ignore?: readonly TreeFact[];
  /** Facts not compared for particular names. */
  readonly unless?: (fact: TreeFact, before: TreeEntry, after: TreeEntry) => boolean;
}

/** One line for each difference of two trees; none if they are the same. */
export function differences(before: Tree, after: Tree, comparison: Comparison = {}): string[] {
  const [old, now] = [byPath(before), byPath(after)];
  const compared = facts.filter((fact) => !comparison.ignore?.includes(fact));
  const lines: string[] = [];
  for (const [path, was] of old) {
    const is = now.get(path);
    if (is === undefined) {
      lines.push(`${shown(path)}: gone (was ${was.kind})`);
      continue;
    }
    for (const fact of compared) {
      if (was[fact] === is[fact] || comparison.unless?.(fact, was, is)) continue;
      lines.push(`${shown(path)}: ${fact}: ${shown(was[fact])} -> ${shown(is[fact])}`);
    }
  }
  for (const [path, { kind }] of now) if (!old.has(path)) lines.push(`${shown(path)}: new (${kind})`);
  return lines;
}

/** Fails with one line for each difference. */
export function expectSameTree(before: Tree, after: Tree, comparison: Comparison = {}): void {
  expect(differences(before, after, comparison)).toEqual([]);
}

/** `check` compares symlinks, and readlink(2) itself moves their access time. */
export const afterReading: Comparison = {
  unless: (fact, { kind }) => fact === 'atime' && kind === 'symlink',
};

/** Each mount of an overlay has a device of its own, with a number that another mount may have taken meanwhile. */
export const acrossMounts: Comparison = {
  unless: (fact, before, after) => fact === 'inode' && numberOf(before) === numberOf(after),
};

function numberOf({ inode }: TreeEntry): string | undefined {
  return inode.split(':').at(-1);
}

/**
 * Compares two views of a mounted union. A directory's size and link count depend on the layer it comes from,
 * and the link count of a file is checked apart, for the kernel's own is often wrong beforehand.
 */
export function viewDifferences(before: Tree, after: Tree): string[] {
  return differences(before, after, {
    ignore: [...throughMount, 'nlink'],
    unless: (fact, before, after) =>
      (fact === 'size' && before.kind === 'directory') || afterReading.unless?.(fact, before, after) === true,
  });
}

/** Fails with one line for each difference of two views of a mounted union. */
export function expectSameView(before: Tree, after: Tree): void {
  expect(viewDifferences(before, after)).toEqual([]);
}

/** A byte string for people: everything but printable ASCII escaped. */
function shown(bytes: Bytes | string): string {
  return bytes === ''
    ? '.'
    : bytes.replace(/[^\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
