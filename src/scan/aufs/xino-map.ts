import type { Bytes } from '../../sys/bytes.js';
import { inodeOf } from '../../sys/inode-id.js';
import { stat } from '../../sys/stat.js';
import { aufsRules } from '../../union/aufs-rules.js';
import type { AufsUnion } from '../../union/union.js';
import type { Layer } from '../../union/view-rules.js';
import { openLayers } from '../open-layers.js';
import type { IndexEntry, ScanResult } from '../result.js';
import type { ScanOptions } from '../scan-options.js';
import { runWalk } from '../walk/run-walk.js';
import { LowerPlinkNames, type LowerWanted } from './lower-plink-names.js';
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
    const tables = unnamed.map(({ data }) => readTable(data)).filter((table) => table.size > 0);
    const ofUppers = tables.filter((table) => entries.some((entry) => tells(table, entry)));
    // The number of the entry's own inode says that these are the tables of the mount that made it.
    const told = entries.filter((entry) => ofUppers.some((table) => tells(table, entry)));
    const others = tables.filter((table) => !ofUppers.includes(table));
    const byNumber = lowersByNumber(layers.all, others, new Set(told.map(({ branch }) => branch)));
    const lowersOf = ({ aufs }: IndexEntry): readonly LowerWanted[] =>
      aufs === undefined ? [] : (byNumber.get(aufs.unionInode) ?? []);
    const shown = new LowerPlinkNames(layers.all, told.flatMap(lowersOf));
    if (shown.wantsAny) await runWalk(layers.roots, aufsRules, shown, options);
    const names = new Map<Bytes, readonly Bytes[]>();
    for (const entry of told) {
      const visible = lowersOf(entry).map((file) => shown.of(file)?.visible ?? []);
      const [only, another] = visible.filter((each) => each.length > 0);
      if (only === undefined || another !== undefined) continue;
      names.set(
        entry.name,
        only.map(({ path }) => path),
      );
    }
    return { names, found: ofUppers.length > 0 };
  } finally {
    layers.close();
  }
}

/**
 * The lower inodes that had each union inode number.
 *
 * @param tables - those that are no upper branch's
 * @param knownUppers - branches whose tables are known
 */
function lowersByNumber(
  layers: readonly Layer[],
  tables: readonly Table[],
  knownUppers: ReadonlySet<number>,
): Map<bigint, LowerWanted[]> {
  const roots = new Map(layers.map(({ branch, root }) => [branch, inodeOf(stat(root, '' as Bytes))]));
  const byNumber = new Map<bigint, LowerWanted[]>();
  for (const { branch, role } of layers) {
    const root = roots.get(branch);
    if (role !== 'lower' || root === undefined) continue;
    // A table does not say whose it is. The root's inode does where no other branch has the same one.
    const alike = layers.filter(
      (each) => roots.get(each.branch)?.ino === root.ino && !knownUppers.has(each.branch),
    );
    const [table, another] = tables.filter((each) => each.get(root.ino) === ROOT);
    if (table === undefined || another !== undefined || alike.length > 1) continue;
    for (const [ino, number] of table) {
      const file = { branch, dev: root.dev, ino, upper: undefined };
      const known = byNumber.get(number);
      if (known === undefined) byNumber.set(number, [file]);
      else known.push(file);
    }
  }
  return byNumber;
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

function tells(table: Table, { aufs }: IndexEntry): boolean {
  return aufs !== undefined && table.get(aufs.branchInode) === aufs.unionInode;
}
