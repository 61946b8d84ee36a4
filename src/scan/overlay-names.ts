import { type Bytes, joinBytes } from '../sys/bytes.js';
import { type InodeKey, inodeKey } from '../sys/inode-id.js';
import { isNullDevice, isRegular, S_IFMT, type Stat, stat, statIfThere } from '../sys/stat.js';
import { isSysError } from '../sys/sys-error.js';
import { getXattr, getXattrFd, listXattr } from '../sys/xattr.js';
import { inodeOfHandle } from '../union/handle-inode.js';
import type { OverlayHandle } from '../union/overlay-handle.js';
import type { ViewRules } from '../union/view-rules.js';
import { InodeSet } from './inode-set.js';
import { MissingDirectories } from './missing-directories.js';
import { type HandleLayer, indexNameOf, type OverlayLayers } from './overlay-layers.js';
import { TIMES_XATTR } from './own-marks.js';
import type { MissingName, Unreadable } from './result.js';
import type { WalkDirectory, WalkVisitor } from './walk.js';

/** What the walk found of one index entry. */
export interface EntryNames {
  readonly names: Bytes[];
  readonly missing: MissingName[];
  /** Links of the lower file in its own file system. */
  lowerNlink: number | undefined;
  /** Names of the lower file that were met, visible or covered. */
  lowerSeen: number;
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

/** An index entry, or the name that a lost one would have. */
export interface SoughtKey {
  readonly origin: OverlayHandle;
  /** The upper inode; undefined for a lost entry. */
  readonly stat: Stat | undefined;
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
  readonly #rules: ViewRules;
  readonly #prefix: string;
  readonly #sought: ReadonlyMap<string, SoughtKey>;
  readonly #inspect: boolean;
  #impure = false;

  /** @param inspect - look at the attributes of all upper files and directories too */
  constructor(
    overlay: OverlayLayers,
    rules: ViewRules,
    sought: ReadonlyMap<string, SoughtKey>,
    inspect: boolean,
  ) {
    this.#layers = new Map([overlay.upper, ...overlay.lowers].map((layer) => [layer.branch, layer]));
    this.#rules = rules;
    this.#prefix = overlay.prefix;
    this.#sought = sought;
    this.#inspect = inspect;
    const upperInodes: bigint[] = [];
    for (const [key, { stat: upper }] of sought) {
      const names: EntryNames = {
        names: [],
        missing: [],
        lowerNlink: undefined,
        lowerSeen: 0,
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
    for (const { origin } of this.#sought.values()) {
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

  onDirectory(directory: WalkDirectory): void {
    this.#impure = false;
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
      found.lowerSeen += 1;
      const s = stat(at.fd, name);
      found.lowerNlink = s.nlink;
      if (directory.stack.slice(0, position).some((higher) => this.#rules.decides(higher, name))) return;
      if (isRegular(s) && s.size === 0n && getXattr(at.fd, name, `${this.#prefix}whiteout`) !== undefined)
        return;
      const upper = this.#sought.get(key)?.stat;
      if (upper !== undefined && (upper.mode & S_IFMT) !== (s.mode & S_IFMT)) found.typeDiffers = true;
      found.missing.push({ path, lower: { branch: at.layer.branch, path: joinBytes(at.real, name) } });
      this.directories.add(directory, 0);
    } catch (error) {
      if (!isSysError(error)) throw error;
      this.onUnreadable({ path, branch: at.layer.branch, code: error.code });
    }
  }
}
