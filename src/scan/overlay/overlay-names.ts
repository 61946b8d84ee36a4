import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { type InodeKey, inodeKey } from '../../sys/inode-id.js';
import { isNullDevice, isRegular, S_IFMT, type Stat, stat, statIfThere } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { getXattr, getXattrFd, listXattr } from '../../sys/xattr.js';
import { inodeOfHandle } from '../../union/handle-inode.js';
import { blobOfIndexName, type OverlayHandle, parseOverlayHandle } from '../../union/overlay-handle.js';
import type { OverlayRules } from '../../union/overlay-rules.js';
import type { Layer } from '../../union/view-rules.js';
import { lookInto } from '../hints/look-into.js';
import { MissingDirectories } from '../missing-directories.js';
import { TIMES_XATTR } from '../own-marks.js';
import type { MissingDirectory, MissingName, Unreadable } from '../result.js';
import { InodeSet } from '../walk/inode-set.js';
import type { WalkDirectory, WalkVisitor } from '../walk/walk-visitor.js';
import type { HiddenDirectory, LikelyPlaces } from './likely-places.js';
import { type HandleLayer, indexNameOf, type OverlayLayers } from './overlay-layers.js';

/** What the walk found of one index entry. */
export interface EntryNames {
  /** Name of the entry. */
  readonly key: string;
  readonly names: Bytes[];
  readonly missing: MissingName[];
  /** Links of the lower file in its own file system. */
  lowerNlink: number | undefined;
  /** Names of the lower file that were met, visible or covered: `branch/path`, each once however it was reached. */
  readonly lowerSeen: Set<string>;
  /** Upper names with the entry's origin and another inode. */
  readonly twins: Bytes[];
  /** A lower file under the name is of another type than the entry. */
  typeDiffers: boolean;
}

/** An upper file that carries an origin which no index entry has. */
export interface UnindexedFile {
  readonly path: Bytes;
  /** Hex of its origin: the name its entry would have. */
  readonly key: string;
  readonly hasNlink: boolean;
  readonly nlink: number;
}

/** What is known of the inode that a sought entry is a link of. */
export type SoughtInode = Pick<Stat, 'dev' | 'ino' | 'mode'>;

/** What one of two walks that share the work has found. */
export interface FoundNames {
  readonly byKey: ReadonlyMap<string, EntryNames>;
  readonly unreadable: readonly Unreadable[];
  readonly directories: readonly MissingDirectory[];
  readonly unindexed: readonly UnindexedFile[];
  readonly counted: readonly Bytes[];
  readonly owedTimes: readonly Bytes[];
}

/** Finds the visible names of index entries: upper names by inode, lower names by file handle. */
export class OverlayNames implements WalkVisitor {
  readonly unreadable: Unreadable[] = [];
  readonly directories = new MissingDirectories();
  readonly unindexed: UnindexedFile[] = [];
  /** Upper files that carry a link count for an index entry, and no origin that could name one. */
  readonly counted: Bytes[] = [];
  /** Upper directories whose times an interrupted run still owes. */
  readonly owedTimes: Bytes[] = [];
  readonly byKey = new Map<string, EntryNames>();
  readonly #byInode = new Map<InodeKey, EntryNames>();
  readonly #wanted = new Map<number, InodeSet | 'all'>();
  readonly #layers: ReadonlyMap<number, HandleLayer>;
  readonly #rules: OverlayRules;
  readonly #prefix: string;
  readonly #sought: ReadonlyMap<string, SoughtInode | undefined>;
  /** By name of the entry; none for a name that is no handle. */
  readonly #origins = new Map<string, OverlayHandle>();
  readonly #inspect: boolean;
  #impure = false;
  #expected: ReadonlyMap<string, number> | undefined;
  #waiting = Number.POSITIVE_INFINITY;
  #places: LikelyPlaces | undefined;

  /**
   * @param sought - names of index entries, also of lost ones, with the upper inode where there is one
   * @param inspect - look at the attributes of all upper files and directories too
   */
  constructor(
    overlay: OverlayLayers,
    rules: OverlayRules,
    sought: ReadonlyMap<string, SoughtInode | undefined>,
    inspect: boolean,
  ) {
    this.#layers = new Map([overlay.upper, ...overlay.lowers].map((layer) => [layer.branch, layer]));
    this.#rules = rules;
    this.#prefix = overlay.prefix;
    this.#sought = sought;
    this.#inspect = inspect;
    for (const key of sought.keys()) {
      const blob = blobOfIndexName(key);
      const origin = blob === undefined ? 'junk' : parseOverlayHandle(blob);
      if (typeof origin !== 'string') this.#origins.set(key, origin);
    }
    const upperInodes: bigint[] = [];
    for (const [key, upper] of sought) {
      const names: EntryNames = {
        key,
        names: [],
        missing: [],
        lowerNlink: undefined,
        lowerSeen: new Set(),
        twins: [],
        typeDiffers: false,
      };
      this.byKey.set(key, names);
      if (upper === undefined) continue;
      this.#byInode.set(inodeKey(upper), names);
      upperInodes.push(upper.ino);
    }
    const all = inspect || !overlay.upper.trueInodes;
    this.#wanted.set(overlay.upper.branch, all ? 'all' : new InodeSet(upperInodes));
    for (const lower of overlay.lowers) {
      if (lower.role === 'lower') this.#wanted.set(lower.branch, this.#wantedIn(lower));
    }
  }

  #wantedIn(layer: HandleLayer): InodeSet | 'all' {
    if (!layer.trueInodes) return 'all';
    const inodes: bigint[] = [];
    for (const origin of this.#origins.values()) {
      if (layer.uuid !== undefined && !layer.uuid.equals(origin.uuid)) continue;
      const inode = inodeOfHandle(origin.handle, layer.fileSystem);
      if (inode === undefined) return 'all';
      inodes.push(inode);
    }
    return new InodeSet(inodes);
  }

  wanted(branch: number): InodeSet | 'all' | undefined {
    return this.#wanted.get(branch);
  }

  passesOver({ role }: Layer): boolean {
    return role !== 'upper' || !this.#inspect;
  }

  onDirectory(directory: WalkDirectory): void {
    this.#impure = false;
    this.#places?.meet(directory);
    const [top] = directory.stack;
    if (!this.#inspect || top?.layer.role !== 'upper') return;
    const attributes = listXattr(top.fd, '' as Bytes);
    if (attributes.includes(TIMES_XATTR)) this.owedTimes.push(directory.path);
    this.#impure =
      attributes.includes(`${this.#prefix}impure`) &&
      getXattrFd(top.fd, `${this.#prefix}impure`)?.toString('latin1') === 'y';
  }

  onName(directory: WalkDirectory, position: number, name: Bytes): void {
    const at = directory.stack[position];
    if (at === undefined) return;
    if (at.layer.role === 'upper') this.#onUpper(directory, at.fd, name);
    else this.#onLower(directory, position, name);
  }

  /**
   * Tells how many links each origin has in its file system, as its handle told. When that many names were met the
   * group has no other, and a walk that does not look at all upper files may end early.
   *
   * @param places - knows where the lower names may be
   */
  expect(links: ReadonlyMap<string, number>, places: LikelyPlaces): void {
    if (this.#inspect || links.size < this.byKey.size) return;
    this.#expected = links;
    this.#places = places;
    this.#waiting = 0;
    for (const [key, { lowerSeen }] of this.byKey)
      if (lowerSeen.size < (links.get(key) ?? 0)) this.#waiting += 1;
  }

  /** What was found, as another thread can take it. */
  get found(): FoundNames {
    const { byKey, unreadable, unindexed, counted, owedTimes } = this;
    const some = new Map(
      [...byKey].filter(([, each]) => each.names.length + each.twins.length + each.lowerSeen.size > 0),
    );
    return { byKey: some, unreadable, unindexed, counted, owedTimes, directories: this.directories.list };
  }

  /** Adds what the other of two walks has found. */
  merge(other: FoundNames): void {
    for (const [key, theirs] of other.byKey) {
      const ours = this.byKey.get(key);
      if (ours === undefined) continue;
      ours.names.push(...theirs.names);
      ours.missing.push(...theirs.missing);
      ours.twins.push(...theirs.twins);
      ours.lowerNlink ??= theirs.lowerNlink;
      ours.typeDiffers ||= theirs.typeDiffers;
      for (const real of theirs.lowerSeen) this.#see(ours, real);
    }
    this.unreadable.push(...other.unreadable);
    this.unindexed.push(...other.unindexed);
    this.counted.push(...other.counted);
    this.owedTimes.push(...other.owedTimes);
    this.directories.merge(other.directories);
  }

  complete(): boolean {
    // After a redirect one lower directory may show at two places, if somebody meddled: counting names proves nothing.
    return this.#waiting === 0 && this.#rules.redirects === 0;
  }

  async likely(): Promise<Iterable<Bytes>> {
    if (this.#places === undefined || this.#rules.redirects > 0) return [];
    const waiting = [...this.#origins].filter(([key]) => this.#waits(key));
    const places = await this.#places.of(waiting.map(([, origin]) => origin));
    if (places.length === 0 && this.unreadable.length === 0)
      for (const directory of this.#places.hidden()) this.#lookIntoHidden(directory);
    return places;
  }

  #waits(key: string): boolean {
    return (this.byKey.get(key)?.lowerSeen.size ?? 0) < (this.#expected?.get(key) ?? 0);
  }

  /** Counts the names in a directory that the union shows nowhere: they are names of the group, and covered. */
  #lookIntoHidden({ layer, path }: HiddenDirectory): void {
    lookInto(layer, path, this.#wanted.get(layer.branch) ?? 'all', (dirfd, name) => {
      const key = indexNameOf(layer, dirfd, name);
      const found = key === undefined ? undefined : this.byKey.get(key);
      if (found === undefined) return;
      found.lowerNlink = stat(dirfd, name).nlink;
      this.#see(found, `${layer.branch}/${joinBytes(path, name)}`);
    });
  }

  #see(found: EntryNames, real: string): void {
    const before = found.lowerSeen.size;
    found.lowerSeen.add(real);
    const { key } = found;
    if (found.lowerSeen.size > before && found.lowerSeen.size === this.#expected?.get(key))
      this.#waiting -= 1;
  }

  onUnreadable(unreadable: Unreadable): void {
    this.unreadable.push(unreadable);
  }

  #onUpper(directory: WalkDirectory, fd: number, name: Bytes): void {
    const s = statIfThere(fd, name);
    // Whiteouts share one inode among themselves and belong to no entry.
    if (s === undefined || isNullDevice(s)) return;
    const path = joinBytes(directory.path, name);
    const entry = this.#byInode.get(inodeKey(s));
    if (entry !== undefined) {
      entry.names.push(path);
      return;
    }
    // A file with an origin lies in a directory marked impure, by the kernel and by this program.
    if (!this.#inspect || !this.#impure) return;
    const origin = getXattr(fd, name, `${this.#prefix}origin`);
    if (origin === undefined && getXattr(fd, name, `${this.#prefix}nlink`) !== undefined)
      this.counted.push(path);
    if (origin === undefined || origin.length === 0) return;
    const key = origin.toString('hex');
    const known = this.byKey.get(key);
    if (known !== undefined) {
      known.twins.push(path);
      return;
    }
    const hasNlink = getXattr(fd, name, `${this.#prefix}nlink`) !== undefined;
    this.unindexed.push({ path, key, hasNlink, nlink: s.nlink });
  }

  #onLower(directory: WalkDirectory, position: number, name: Bytes): void {
    const at = directory.stack[position];
    const layer = at === undefined ? undefined : this.#layers.get(at.layer.branch);
    if (at === undefined || layer === undefined) return;
    const path = joinBytes(directory.path, name);
    try {
      const key = indexNameOf(layer, at.fd, name);
      const found = key === undefined ? undefined : this.byKey.get(key);
      if (key === undefined || found === undefined) return;
      const s = stat(at.fd, name);
      found.lowerNlink = s.nlink;
      const hidden =
        directory.stack.slice(0, position).some((higher) => this.#rules.decides(higher, name)) ||
        (isRegular(s) && s.size === 0n && getXattr(at.fd, name, `${this.#prefix}whiteout`) !== undefined);
      // Only now: a name of which it could not be told whether it shows is not accounted for.
      this.#see(found, `${at.layer.branch}/${joinBytes(at.real, name)}`);
      if (hidden) return;
      const upper = this.#sought.get(key);
      if (upper !== undefined && (upper.mode & S_IFMT) !== (s.mode & S_IFMT)) found.typeDiffers = true;
      found.missing.push({ path, lower: { branch: at.layer.branch, path: joinBytes(at.real, name) } });
      this.directories.add(directory, 0);
    } catch (error) {
      if (!isSysError(error)) throw error;
      this.onUnreadable({ path, branch: at.layer.branch, code: error.code });
    }
  }
}
