import type { Bytes } from '../../sys/bytes.js';
import { inodeOf } from '../../sys/inode-id.js';
import { stat } from '../../sys/stat.js';
import { aufsRules } from '../../union/aufs-rules.js';
import type { AufsUnion } from '../../union/union.js';
import { openLayers } from '../open-layers.js';
import type { IndexEntry, ScanResult } from '../result.js';
import type { ScanOptions } from '../scan.js';
import { runWalk } from '../walk/run-walk.js';
import { LowerPlinkNames, lowerKey } from './aufs-names.js';
import type { UnnamedInode } from './xino-image.js';

/** A branch's inode table: the union inode of each branch inode that the mount had looked up. */
type Table = ReadonlyMap<bigint, bigint>;

/** What the tables of a crashed mount tell: the names of each entry, and what could not be told. */
export interface XinoAnswer {
  readonly names: ReadonlyMap<Bytes, readonly Bytes[]>;
  /** Whether any table was found at all. */
  readonly found: boolean;
}

const ROOT = 2n;

/**
 * Reads what each pseudo-link stands for out of the inode tables of the very mount that made it: its name tells
 * the union inode, a table tells which lower inode had that number. Reads only.
 */
export async function xinoNames(
  union: AufsUnion,
  { entries }: ScanResult,
  unnamed: readonly UnnamedInode[],
  options: ScanOptions,
): Promise<XinoAnswer> {
  const layers = openLayers(union);
  try {
    const roots = layers.all.map(({ root }) => inodeOf(stat(root, '' as Bytes)));
    const tables = unnamed.map(({ data }) => readTable(data)).filter((table) => table.size > 0);
    const ofUpper = tables.filter((table) => isUppers(table, entries));
    // A table does not say whose it is. The root's inode does where no other branch has the same one.
    const theTable = (branch: number): Table | undefined => {
      const ino = roots[branch]?.ino;
      const same = layers.all.filter((each) => {
        return roots[each.branch]?.ino === ino && (each.role === 'lower' || !knownUppers.has(each.branch));
      });
      const fitting = tables.filter(
        (table) => !ofUpper.includes(table) && ino !== undefined && table.get(ino) === ROOT,
      );
      return same.length === 1 && fitting.length === 1 ? fitting[0] : undefined;
    };
    const knownUppers = new Set(
      entries.flatMap(({ branch, aufs }) =>
        aufs !== undefined && ofUpper.some((table) => tells(table, aufs)) ? [branch] : [],
      ),
    );
    const wanted: { entry: IndexEntry; branch: number; dev: bigint; ino: bigint }[] = [];
    for (const entry of entries) {
      const { aufs } = entry;
      // The number of the entry's own inode says that these are the tables of the mount that made it.
      if (aufs === undefined || !ofUpper.some((table) => tells(table, aufs))) continue;
      const origins = layers.all.flatMap(({ branch, role }) => {
        const root = roots[branch];
        const table = role === 'lower' ? theTable(branch) : undefined;
        if (root === undefined || table === undefined) return [];
        return [...table]
          .filter(([, number]) => number === aufs.unionInode)
          .map(([ino]) => ({ branch, dev: root.dev, ino }));
      });
      for (const origin of origins) wanted.push({ entry, ...origin });
    }
    const shown = new LowerPlinkNames(
      layers.all,
      wanted.map((each) => ({ ...each, upper: undefined })),
    );
    if (wanted.length > 0) await runWalk(layers.roots, aufsRules, shown, options);
    const names = new Map<Bytes, readonly Bytes[]>();
    for (const entry of entries) {
      const files = wanted.filter((each) => each.entry === entry);
      const visible = files.map((file) => shown.byInode.get(lowerKey(file.branch, file))?.visible ?? []);
      const [only, another] = visible.filter((each) => each.length > 0);
      if (only !== undefined && another === undefined)
        names.set(
          entry.name,
          only.map(({ path }) => path),
        );
    }
    return { names, found: ofUpper.length > 0 };
  } finally {
    layers.close();
  }
}

function readTable(data: Buffer): Table {
  const table = new Map<bigint, bigint>();
  if (data.length % 8 !== 0) return table;
  for (let at = 0; at < data.length; at += 8) {
    const number = data.readBigUInt64LE(at);
    if (number !== 0n) table.set(BigInt(at / 8), number);
  }
  // Every table knows its branch's root; the bitmap and the generations that lie beside them do not.
  return [...table.values()].includes(ROOT) ? table : new Map();
}

function isUppers(table: Table, entries: readonly IndexEntry[]): boolean {
  return entries.some(({ aufs }) => aufs !== undefined && tells(table, aufs));
}

function tells(table: Table, { branchInode, unionInode }: NonNullable<IndexEntry['aufs']>): boolean {
  return table.get(branchInode) === unionInode;
}
