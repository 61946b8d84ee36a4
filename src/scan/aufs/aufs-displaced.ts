import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { S_IFMT, type Stat, statIfThere } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { aufsRules } from '../../union/aufs-rules.js';
import type { Layer, Stack } from '../../union/view-rules.js';
import type { ScanOptions } from '../scan-options.js';
import type { InodeSet } from '../walk/inode-set.js';
import { runWalk } from '../walk/run-walk.js';
import type { WalkDirectory, WalkProgress, WalkVisitor } from '../walk/walk-visitor.js';
import type { RawPlink } from './aufs-index.js';
import type { RemovedFile } from './aufs-upper-names.js';
import { lowerKey, type Namesake } from './namesake.js';
import { wantedOf } from './wanted-inodes.js';

interface MetFile {
  readonly file: Namesake;
  /** Names of which it is not known yet that they show. */
  readonly hidden: Set<Bytes>;
  /** By inode: how many of its names an upper file has that is no entry. */
  readonly covering: Map<string, number>;
}

/**
 * Lower groups of which the union hides a name that no entry covers. `mv` takes a file away from its name and leaves
 * a whiteout there; but then another file may come to that name, or its directory go, and the whiteout is no more.
 */
export class DisplacedFiles {
  readonly #rights: ReadonlySet<string>;
  readonly #known = new Map<string, MetFile>();

  /** @param plinks - entries for which nothing speaks but a name: groups with their mode and owner are looked at */
  constructor(plinks: readonly RawPlink[]) {
    this.#rights = new Set(plinks.map(({ stat }) => rightsOf(stat)));
  }

  /** Takes note of one name of a lower file, whatever the union shows of it. */
  meet(file: Namesake): void {
    if (this.#rights.size === 0 || file.stat.nlink === 1 || !this.#rights.has(rightsOf(file.stat))) return;
    const key = lowerKey(file.branch, file);
    const known = this.#known.get(key) ?? { file, hidden: new Set(), covering: new Map() };
    known.hidden.add(file.path);
    this.#known.set(key, known);
  }

  /** Those of the files that were met of which an upper branch hides a name. */
  async find(
    layers: readonly Layer[],
    roots: Stack,
    plinks: readonly RawPlink[],
    options: ScanOptions,
    progress: WalkProgress,
  ): Promise<RemovedFile[]> {
    if (this.#known.size === 0) return [];
    const entries = new Set(plinks.map(({ branch, stat }) => lowerKey(branch, stat)));
    await runWalk(roots, aufsRules, new AccountedNames(layers, this.#known, entries), options, progress);
    return [...this.#known.values()]
      .filter((met) => met.hidden.size > 0 && !hasItsCopy(met))
      .map(({ file, hidden }) => ({ file, names: [...hidden].sort() }));
  }
}

/** Two names prove a file to be a copy, as they do of an entry: an earlier flush has linked it, and there is one alone. */
function hasItsCopy({ covering }: MetFile): boolean {
  return [...covering.values()].some((names) => names > 1);
}

/** Strikes out the names that show, those that another lower branch has covered all along, and those of entries. */
class AccountedNames implements WalkVisitor {
  readonly #known: ReadonlyMap<string, MetFile>;
  readonly #entries: ReadonlySet<string>;
  readonly #wanted: ReadonlyMap<number, InodeSet | 'all'>;

  constructor(layers: readonly Layer[], known: ReadonlyMap<string, MetFile>, entries: ReadonlySet<string>) {
    this.#known = known;
    this.#entries = entries;
    const files = Array.from(known.values(), ({ file }) => file);
    this.#wanted = wantedOf(layers, files, ({ ino }) => ino);
  }

  wanted(branch: number): InodeSet | 'all' | undefined {
    return this.#wanted.get(branch);
  }

  onName({ path, stack }: WalkDirectory, position: number, name: Bytes): void {
    const at = stack[position];
    if (at === undefined) return;
    try {
      const s = statIfThere(at.fd, name);
      const known = s === undefined ? undefined : this.#known.get(lowerKey(at.layer.branch, s));
      if (known === undefined || !this.#accounts(stack, position, name, known)) return;
      known.hidden.delete(joinBytes(path, name));
    } catch (error) {
      // A name of which it cannot be told whether it shows counts as hidden.
      if (!isSysError(error)) throw error;
    }
  }

  #accounts(stack: Stack, position: number, name: Bytes, { file, covering }: MetFile): boolean {
    const at = stack[position];
    if (at !== undefined && aufsRules.hides(at, name)) return false;
    const above = stack.slice(0, position).find((higher) => aufsRules.decides(higher, name));
    if (above === undefined || above.layer.role !== 'upper') return true;
    const there = aufsRules.hides(above, name) ? undefined : statIfThere(above.fd, name);
    if (there === undefined) return false;
    const key = lowerKey(above.layer.branch, there);
    if (this.#entries.has(key)) return true;
    if ((there.mode & S_IFMT) === (file.stat.mode & S_IFMT)) covering.set(key, (covering.get(key) ?? 0) + 1);
    return false;
  }

  onUnreadable(): void {}
}

const rightsOf = ({ mode, uid, gid }: Pick<Stat, 'mode' | 'uid' | 'gid'>): string => `${mode} ${uid} ${gid}`;
