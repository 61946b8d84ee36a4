import { type Bytes, baseOf, joinBytes, parentOf } from '../../src/sys/bytes.js';
import type { AufsUnion } from '../../src/union/union.js';
import { snapshot, type Tree, type TreeEntry } from './tree.js';

/** One name that a mounted aufs would show. */
export interface AufsName extends TreeEntry {
  readonly branch: number;
  /** Names with equal `file` are one file. */
  readonly file: string;
}

const NAME_MAX = 242;
const WHITEOUT = '.wh.';

/** What a fresh mount of these branches would show, by path: pseudo-links count for nothing in it. */
export function aufsView(union: AufsUnion, trees: readonly Tree[] = treesOf(union)): Map<Bytes, AufsName> {
  const branches = trees.map(
    (tree, branch) => new Branch(branch, tree, union.branches[branch]?.whiteouts === true),
  );
  const view = new Map<Bytes, AufsName>();
  const enter = (path: Bytes, stack: readonly Branch[]): void => {
    for (const name of new Set(stack.flatMap((branch) => branch.names(path)))) {
      if (name.startsWith(WHITEOUT) || name.length > NAME_MAX) continue;
      const at = joinBytes(path, name);
      const below: Branch[] = [];
      for (const branch of stack) {
        if (branch.whites(path, name)) break;
        const entry = branch.get(at);
        if (entry === undefined) continue;
        if (entry.kind !== 'directory' && below.length > 0) break;
        if (below.length === 0)
          view.set(at, { ...entry, branch: branch.index, file: `${branch.index}/${entry.inode}` });
        if (entry.kind !== 'directory') break;
        below.push(branch);
        if (branch.opaque(at)) break;
      }
      if (below.length > 0) enter(at, below);
    }
  };
  enter('' as Bytes, branches);
  return view;
}

/** The branches as they are on the disk. */
export function treesOf(union: AufsUnion): Tree[] {
  return union.branches.map(({ path }) => snapshot(Buffer.from(path, 'latin1').toString()));
}

class Branch {
  readonly #entries = new Map<Bytes, TreeEntry>();
  readonly #names = new Map<Bytes, Bytes[]>();

  constructor(
    readonly index: number,
    tree: Tree,
    readonly whiteouts: boolean,
  ) {
    for (const entry of tree) {
      if (entry.path === '') continue;
      this.#entries.set(entry.path, entry);
      const parent = parentOf(entry.path);
      const list = this.#names.get(parent);
      if (list === undefined) this.#names.set(parent, [baseOf(entry.path)]);
      else list.push(baseOf(entry.path));
    }
  }

  get(path: Bytes): TreeEntry | undefined {
    return this.#entries.get(path);
  }

  names(directory: Bytes): readonly Bytes[] {
    return this.#names.get(directory) ?? [];
  }

  whites(directory: Bytes, name: Bytes): boolean {
    return this.whiteouts && this.#entries.has(joinBytes(directory, `${WHITEOUT}${name}` as Bytes));
  }

  opaque(directory: Bytes): boolean {
    return this.whiteouts && this.#entries.has(joinBytes(directory, '.wh..wh..opq' as Bytes));
  }
}
