import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { InodeMap } from '../../sys/inode-map.js';
import { isNullDevice, type Stat, statIfThere } from '../../sys/stat.js';
import { getXattr, getXattrFd, listXattr } from '../../sys/xattr.js';
import type { LayerDirectory } from '../../union/view-rules.js';
import { withOne } from '../../with-one.js';
import { TIMES_XATTR } from '../own-marks.js';
import type { WalkDirectory } from '../walk/walk-visitor.js';
import type { EntryNames, UnindexedFile, UpperFindings } from './entry-names.js';

/** What a walk finds in the upper layer: names of entries' inodes and, where it inspects, the marks of others. */
export class UpperNames implements UpperFindings {
  readonly unindexed: UnindexedFile[] = [];
  readonly counted: Bytes[] = [];
  readonly owedTimes: Bytes[] = [];
  readonly #byInode = new InodeMap<EntryNames>();
  readonly #byKey: ReadonlyMap<string, EntryNames>;
  readonly #prefix: string;
  readonly #met: Set<EntryNames> | undefined;
  #impure = false;

  /**
   * @param prefix - of the overlay's attributes
   * @param met - gets the entries of which something was met
   */
  constructor(byKey: ReadonlyMap<string, EntryNames>, prefix: string, met?: Set<EntryNames>) {
    this.#byKey = byKey;
    this.#prefix = prefix;
    this.#met = met;
  }

  /** Takes links of an inode for names of an entry. */
  seek(inode: Pick<Stat, 'dev' | 'ino'>, entry: EntryNames): void {
    this.#byInode.set(inode, entry);
  }

  /** Adds what another walk has found. */
  merge({ unindexed, counted, owedTimes }: UpperFindings): void {
    for (const each of unindexed) this.unindexed.push(each);
    for (const each of counted) this.counted.push(each);
    for (const each of owedTimes) this.owedTimes.push(each);
  }

  /** What was found since this was last asked, as plain data: another thread cannot take a class. */
  take(): UpperFindings {
    const { unindexed, counted, owedTimes } = this;
    return {
      unindexed: unindexed.splice(0),
      counted: counted.splice(0),
      owedTimes: owedTimes.splice(0),
    };
  }

  /** Looks at a directory whose names are {@link inspect}ed next. */
  enter({ path, stack: [top] }: WalkDirectory): void {
    this.#impure = false;
    if (top?.layer.role !== 'upper') return;
    const attributes = listXattr(top.fd, '' as Bytes);
    if (attributes.includes(TIMES_XATTR)) this.owedTimes.push(path);
    this.#impure =
      attributes.includes(`${this.#prefix}impure`) &&
      getXattrFd(top.fd, `${this.#prefix}impure`)?.toString('latin1') === 'y';
  }

  /** Takes a name whose inode is known. */
  meet({ path }: WalkDirectory, name: Bytes, inode: Pick<Stat, 'dev' | 'ino'>): boolean {
    const entry = this.#byInode.get(inode);
    if (entry === undefined) return false;
    entry.names = withOne(entry.names, joinBytes(path, name));
    this.#met?.add(entry);
    return true;
  }

  /** Takes a name of which nothing is known yet. */
  look(directory: WalkDirectory, { fd }: LayerDirectory, name: Bytes, inspect: boolean): void {
    const s = statIfThere(fd, name);
    // Whiteouts share one inode among themselves and belong to no entry.
    if (s === undefined || isNullDevice(s) || this.meet(directory, name, s)) return;
    // A file with an origin lies in a directory marked impure, by the kernel and by this program.
    if (inspect && this.#impure) this.#inspect(fd, name, joinBytes(directory.path, name), s.nlink);
  }

  #inspect(fd: number, name: Bytes, path: Bytes, nlink: number): void {
    const origin = getXattr(fd, name, `${this.#prefix}origin`);
    const hasNlink = getXattr(fd, name, `${this.#prefix}nlink`) !== undefined;
    if (origin === undefined && hasNlink) this.counted.push(path);
    if (origin === undefined || origin.length === 0) return;
    const key = origin.toString('hex');
    const known = this.#byKey.get(key);
    if (known === undefined) {
      this.unindexed.push({ path, key, hasNlink, nlink });
    } else {
      known.twins = withOne(known.twins, path);
      this.#met?.add(known);
    }
  }
}
