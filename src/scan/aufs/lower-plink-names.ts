import { type Bytes, joinBytes } from '../../sys/bytes.js';
import type { InodeId } from '../../sys/inode-id.js';
import { type Sight, sight } from '../../sys/stat.js';
import { isSysError, SysError } from '../../sys/sys-error.js';
import { AUFS_NAME_MAX } from '../../union/aufs-names.js';
import { aufsRules } from '../../union/aufs-rules.js';
import type { Layer } from '../../union/view-rules.js';
import type { LayerInode } from '../hints/name-hints.js';
import { KnownPlaces } from '../known-places.js';
import { MissingDirectories } from '../missing-directories.js';
import { refuseCovered } from '../refuse-covered.js';
import type { MissingName, Unreadable } from '../result.js';
import type { InodeSet } from '../walk/inode-set.js';
import type { WalkDirectory, WalkVisitor } from '../walk/walk-visitor.js';
import { added } from './added.js';
import { FileMap } from './file-map.js';
import type { LateNames } from './late-names.js';
import type { Namesake } from './namesake.js';
import { wantedOf } from './wanted-inodes.js';

/** What the second walk found of one lower inode. */
export interface LowerNames {
  readonly visible: readonly MissingName[];
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

/** What {@link LowerPlinkNames} keeps of one inode. */
interface Wanted extends LowerNames, LayerInode {
  visible: readonly MissingName[];
  uppers: readonly number[];
  /** Directories of some of its names, as paths from the union's root. */
  places: readonly Bytes[];
}

const NONE: readonly never[] = [];

const ENOENT = 2;

/** Second walk: the visible names of proved lower inodes. It ends when their link counts tell that there are no more. */
export class LowerPlinkNames implements WalkVisitor {
  readonly unreadable: Unreadable[] = [];
  readonly #byInode = new FileMap<Wanted>();
  readonly #all: Wanted[] = [];
  readonly #directories = new Map<number, MissingDirectories>();
  readonly #wanted: ReadonlyMap<number, InodeSet | 'all'>;
  readonly #known = new KnownPlaces(() => this.#placesOfWanting());
  readonly #late: LateNames | undefined;
  /** Inodes that may have other names. */
  #wanting: number;

  /** @param late - may tell where names are that the walk has not met */
  constructor(layers: readonly Layer[], origins: readonly LowerWanted[], late?: LateNames) {
    this.#late = late;
    for (const { branch, upper, dev, ino } of origins) {
      const wanted = this.#byInode.ensure(branch, { dev, ino }, () => this.#want(branch, ino));
      if (upper !== undefined && !wanted.uppers.includes(upper)) wanted.uppers = added(wanted.uppers, upper);
    }
    this.#wanted = wantedOf(layers, origins, ({ ino }) => ino);
    this.#wanting = this.#all.length;
  }

  #want(branch: number, ino: bigint): Wanted {
    const wanted = {
      branch,
      ino,
      visible: NONE,
      seen: 0,
      nlink: 0,
      tooLong: undefined,
      uppers: NONE,
      places: NONE,
    };
    this.#all.push(wanted);
    return wanted;
  }

  /** What was found of an inode; undefined for one that was not asked for. */
  of({ branch, dev, ino }: Omit<LowerWanted, 'upper'>): LowerNames | undefined {
    return this.#byInode.get(branch, { dev, ino });
  }

  /** Whether anything is looked for at all. */
  get wantsAny(): boolean {
    return this.#all.length > 0;
  }

  complete(): boolean {
    return this.#wanting === 0;
  }

  nearTo(): readonly Bytes[] {
    return this.#known.of(this.#wanting);
  }

  get knowsLate(): boolean {
    return this.#late?.knows(this.#wanting) === true;
  }

  async likely(late: boolean): Promise<readonly Bytes[]> {
    if (!late) return NONE;
    return (await this.#late?.of(this.#all.filter((names) => !isAllSeen(names)))) ?? NONE;
  }

  *#placesOfWanting(): Generator<Bytes> {
    for (const names of this.#all) if (!isAllSeen(names)) yield* names.places;
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
      const s = look(at.fd, name);
      const found = this.#byInode.get(at.layer.branch, s);
      if (found === undefined) return;
      // Only a name whose fate is known counts as seen: each of these looks may fail.
      const hidden =
        aufsRules.hides(at, name) ||
        directory.stack.some((higher, i) => i < position && aufsRules.decides(higher, name));
      this.#see(found, s.nlink, directory.path);
      if (hidden) return;
      if (name.length > AUFS_NAME_MAX) {
        found.tooLong = path;
        return;
      }
      const real = at.real === directory.path ? path : joinBytes(at.real, name);
      found.visible = added(found.visible, { path, lower: { branch: at.layer.branch, path: real } });
      for (const upper of found.uppers) this.directoriesOf(upper).add(directory, upper);
    } catch (error) {
      if (!isSysError(error)) throw error;
      this.onUnreadable({ path, branch: at.layer.branch, code: error.code });
    }
  }

  /**
   * Takes note of a name that another covers in its directory, and that was looked at there.
   *
   * @returns false where its file is not wanted
   */
  meetCovered({ path }: WalkDirectory, file: Namesake): boolean {
    const found = this.#byInode.get(file.branch, file);
    if (found !== undefined) this.#see(found, file.stat.nlink, path);
    return found !== undefined;
  }

  #see(found: Wanted, nlink: number, place: Bytes): void {
    const before = isAllSeen(found);
    found.seen += 1;
    found.nlink = nlink;
    this.#wanting += Number(before) - Number(isAllSeen(found));
    if (found.places.length < MOST_PLACES) found.places = added(found.places, place);
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

function look(fd: number, name: Bytes): Sight {
  const seen = sight(fd, name);
  if (seen === undefined) throw new SysError('statx', ENOENT, name);
  return seen;
}
