import type { IndexEntry } from '../scan/result.js';
import type { Bytes } from '../sys/bytes.js';
import { size } from '../words/plural.js';
import { shown } from '../words/shown.js';
import { entryTree } from './entry-tree.js';
import { seen } from './entry-view.js';
import type { Line, Page } from './report.js';

interface Node {
  readonly children: Map<Bytes, Node>;
  /** What stands behind the names that end here. */
  readonly leaves: Leaf[];
}

interface Leaf {
  readonly entry: IndexEntry;
  /** Counted from 1: names with the same number are one file. */
  readonly number: number;
  readonly there: boolean;
}

const emptyNode = (): Node => ({ children: new Map(), leaves: [] });

/** The names of entries as a directory tree, those of one file with one number; then the entries without a name. */
export function nameTree(entries: readonly IndexEntry[], page: Page): Line[] {
  const root = emptyNode();
  const nameless: IndexEntry[] = [];
  let number = 0;
  for (const entry of entries) {
    if (entry.names.length + entry.missing.length === 0) {
      nameless.push(entry);
      continue;
    }
    number += 1;
    for (const name of entry.names) nodeAt(root, name).leaves.push({ entry, number, there: true });
    for (const { path } of entry.missing) nodeAt(root, path).leaves.push({ entry, number, there: false });
  }
  const tree =
    root.children.size === 0 ? [] : [{ level: 'info' as const, text: '' }, ...lines(root, '', page)];
  const others = nameless.flatMap((entry) => [
    { level: 'info' as const, text: '' },
    ...entryTree(seen(entry), page, false),
  ]);
  return [...tree, ...others];
}

function nodeAt(root: Node, path: Bytes): Node {
  let node = root;
  for (const part of path.split('/') as Bytes[]) {
    const next = node.children.get(part) ?? emptyNode();
    node.children.set(part, next);
    node = next;
  }
  return node;
}

function lines(node: Node, indent: string, page: Page): Line[] {
  const { style } = page;
  const children = [...node.children].sort(([one], [other]) => (one < other ? -1 : 1));
  return children.flatMap(([name, child], index) => {
    const last = index === children.length - 1;
    const branch = style.dim(`${indent}${last ? '└─' : '├─'}`);
    const risky = child.leaves.some(({ entry }) => entry.atRisk);
    const text =
      child.leaves.length === 0
        ? `${branch} ${shown(name)}/`
        : `${branch} ${child.leaves.map((leaf) => leafText(shown(name), leaf, page)).join('  ')}`;
    return [
      { level: risky ? ('warning' as const) : ('info' as const), text },
      ...lines(child, `${indent}${last ? '   ' : '│  '}`, page),
    ];
  });
}

function leafText(name: string, { entry, number, there }: Leaf, { style }: Page): string {
  const mark = there ? style.green('✓') : style.yellow('−');
  const facts = [
    `#${number}`,
    entry.state,
    ...(entry.kind === 'file' ? [size(entry.inode.size)] : [entry.kind]),
  ];
  const risk = entry.atRisk ? ` ${style.red(style.bold('AT RISK'))}` : '';
  return `${mark} ${name}  ${style.dim(facts.join(' '))}${risk}`;
}
