import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { fileSystemOf } from '../../sys/filesystem.js';
import { type InodeId, type InodeKey, inodeKey } from '../../sys/inode-id.js';
import { isDirectory, type Stat, stat, statIfThere } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { AUFS_NAME_MAX } from '../../union/aufs-names.js';
import { aufsRules } from '../../union/aufs-rules.js';
import { directoryInodesAreTrue } from '../../union/handle-inode.js';
import type { Layer, Stack } from '../../union/view-rules.js';
import { KnownPlaces } from '../known-places.js';
import { MissingDirectories } from '../missing-directories.js';
import { refuseCovered } from '../refuse-covered.js';
import type { BranchPath, MissingName, Unreadable } from '../result.js';
import { InodeSet } from '../walk/inode-set.js';
import type { WalkDirectory, WalkVisitor } from '../walk/walk-visitor.js';

/** The lower file that a name would show if its upper file were not there. */
export interface Namesake extends BranchPath, InodeId {
  readonly stat: Stat;
}

/**
 * The lower file under a name, below a position of the stack; undefined where a whiteout or nothing is there.
 *
 * @throws SysError EXDEV where another file is mounted over it
 */
export function namesakeBelow(stack: Stack, position: number, name: Bytes): Namesake | undefined {
  for (const directory of stack.slice(position + 1)) {
    if (aufsRules.hides(directory, name)) return undefined;
    const s = lookUp(directory.fd, name);
    if (s === undefined) continue;
    if (isDirectory(s)) return undefined;
    refuseCovered(directory, name, undefined);
    return {
      branch: directory.layer.branch,
      path: joinBytes(directory.real, name),
      dev: s.dev,
      ino: s.ino,
      stat: s,
    };
  }
  return undefined;
}

function lookUp(fd: number, name: Bytes): Stat | undefined {
  try {
    return statIfThere(fd, name);
  } catch (error) {
    if (isSysError(error, 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

/** Branches whose `d_ino` is the inode's own number. */
export function trueInodeBranches(layers: readonly Layer[]): ReadonlySet<number> {
  return new Set(
    layers.filter(({ root }) => directoryInodesAreTrue(fileSystemOf(root).type)).map(({ branch }) => branch),
  );
}

/** What the second walk found of one lower inode. */
export interface LowerNames {
  readonly visible: MissingName[];
  /** Names met, visible or covered. */
  seen: number;
  nlink: number;
  /** A name of it is too long for aufs to show. */
  tooLong: Bytes | undefined;
}

/** So many directories of an inode's names are noted. */
const MOST_PLACES = 16;

/** Whether every name of the lower inode was met; not where none was, for then its links are not known either. */
export function isAllSeen(names: LowerNames | undefined): boolean {
  return names !== undefined && names.nlink > 0 && names.seen >= names.nlink;
}

/** A lower inode whose names are asked for. */
export interface LowerWanted extends InodeId {
  readonly branch: number;
  /** The branch that gets the names, and the directories they need; undefined where they are only told of. */
  readonly upper: number | undefined;
}

/** Second walk: the visible names of proved lower inodes. It ends when their link counts tell that there are no more. */
export class LowerPlinkNames implements WalkVisitor {
  readonly unreadable: Unreadable[] = [];
  readonly byInode = new Map<string, LowerNames>();
  readonly #uppers = new Map<string, Set<number>>();
  readonly #directories = new Map<number, MissingDirectories>();
  readonly #wanted = new Map<number, InodeSet | 'all'>();
  /** Directories of some of their names, as paths from the union's root. */
  readonly #places = new Map<LowerNames, Bytes[]>();
  readonly #known = new KnownPlaces(() => this.#placesOfWanting());
  /** Inodes that may have other names. */
  #wanting: number;

  constructor(layers: readonly Layer[], origins: readonly LowerWanted[]) {
    const trust = trueInodeBranches(layers);
    const inodes = new Map<number, bigint[]>();
    for (const { branch, upper, dev, ino } of origins) {
      const key = lowerKey(branch, { dev, ino });
      this.byInode.set(key, { visible: [], seen: 0, nlink: 0, tooLong: undefined });
      const uppers = this.#uppers.get(key) ?? new Set();
      if (upper !== undefined) uppers.add(upper);
      this.#uppers.set(key, uppers);
      const list = inodes.get(branch);
      if (list === undefined) inodes.set(branch, [ino]);
      else list.push(ino);
    }
    for (const [branch, list] of inodes)
      this.#wanted.set(branch, trust.has(branch) ? InodeSet.of(list) : 'all');
    this.#wanting = this.byInode.size;
  }

  complete(): boolean {
    return this.#wanting === 0;
  }

  nearTo(): readonly Bytes[] {
    return this.#known.of(this.#wanting);
  }

  *#placesOfWanting(): Generator<Bytes> {
    for (const [names, places] of this.#places) if (!isAllSeen(names)) yield* places;
  }

  wanted(branch: number): InodeSet | 'all' | undefined {
    return this.#wanted.get(branch);
  }

  onName(directory: WalkDirectory, position: number, name: Bytes, inode: bigint | undefined): void {
    const at = directory.stack[position];
    if (at === undefined) return;
    const path = joinBytes(directory.path, name);
    try {
      refuseCovered(at, name, inode);
      const s = stat(at.fd, name);
      const key = lowerKey(at.layer.branch, s);
      const found = this.byInode.get(key);
      if (found === undefined) return;
      // Only a name whose fate is known counts as seen: each of these looks may fail.
      const hidden =
        aufsRules.hides(at, name) ||
        directory.stack.slice(0, position).some((higher) => aufsRules.decides(higher, name));
      const before = isAllSeen(found);
      found.seen += 1;
      found.nlink = s.nlink;
      this.#wanting += Number(before) - Number(isAllSeen(found));
      this.#notePlace(found, directory.path);
      if (hidden) return;
      if (name.length > AUFS_NAME_MAX) {
        found.tooLong = path;
        return;
      }
      found.visible.push({ path, lower: { branch: at.layer.branch, path: joinBytes(at.real, name) } });
      for (const upper of this.#uppers.get(key) ?? []) this.directoriesOf(upper).add(directory, upper);
    } catch (error) {
      if (!isSysError(error)) throw error;
      this.onUnreadable({ path, branch: at.layer.branch, code: error.code });
    }
  }

  #notePlace(found: LowerNames, directory: Bytes): void {
    const places = this.#places.get(found);
    if (places === undefined) this.#places.set(found, [directory]);
    else if (places.length < MOST_PLACES) places.push(directory);
  }

  directoriesOf(upper: number): MissingDirectories {
    const known = this.#directories.get(upper) ?? new MissingDirectories();
    this.#directories.set(upper, known);
    return known;
  }

  get directories(): MissingDirectories[] {
    return [...this.#directories.values()];
  }

  onUnreadable(unreadable: Unreadable): void {
    this.unreadable.push(unreadable);
  }
}

/** A lower inode of one branch, as a map key. */
export function lowerKey(branch: number, id: InodeId): `${number}/${InodeKey}` {
  return `${branch}/${inodeKey(id)}`;
}
