import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { withFd } from '../../sys/open.js';
import { namesIn } from '../../sys/record-names.js';
import { sight } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { getXattrFd } from '../../sys/xattr.js';
import { hiddenBy } from '../../union/aufs-names.js';
import { aufsRules } from '../../union/aufs-rules.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import type { Layer, LayerDirectory, Stack } from '../../union/view-rules.js';
import { TIMES_XATTR } from '../own-marks.js';
import type { Unreadable } from '../result.js';
import type { InodeSet } from '../walk/inode-set.js';
import type { WalkDirectory, WalkVisitor } from '../walk/walk-visitor.js';
import { added } from './added.js';
import type { RawPlink } from './aufs-index.js';
import { FileMap } from './file-map.js';
import type { LowerNotes } from './lower-notes.js';
import { type Namesake, namesakeBelow } from './namesake.js';
import { OwnLikenesses } from './own-likenesses.js';
import type { PlinkFiles } from './plink-files.js';
import { wantedOf } from './wanted-inodes.js';

/** One name of an entry's inode, with the lower file that it covers. */
export interface UpperName {
  readonly path: Bytes;
  readonly namesake: Namesake | undefined;
}

interface UpperInode {
  names: readonly UpperName[];
  plinks: readonly RawPlink[];
}

const NONE: readonly never[] = [];

/** A lower file of which some names are whited out in an upper branch. */
export interface RemovedFile {
  readonly file: Namesake;
  readonly names: Bytes[];
}

/** First walk: the upper names of each entry, with the lower file under each. It enters what uppers hold alone. */
export class UpperPlinkNames implements WalkVisitor {
  readonly unreadable: Unreadable[] = [];
  readonly owedTimes: { readonly branch: number; readonly path: Bytes }[] = [];
  readonly removed: RemovedFile[] = [];
  /** What hides files that may be such, and cannot be looked at. */
  readonly unseenRemoved: Unreadable[] = [];
  readonly likenesses: OwnLikenesses;
  readonly #removed = new FileMap<RemovedFile>();
  readonly #byInode = new FileMap<UpperInode>();
  readonly #wanted: ReadonlyMap<number, InodeSet | 'all'>;
  readonly #owed: boolean;
  readonly #notes: LowerNotes | undefined;

  /**
   * @param owed - whether directories may wait for their times
   * @param notes - gets the lower files that names cover
   */
  constructor(
    layers: readonly Layer[],
    plinks: readonly RawPlink[],
    files: PlinkFiles,
    owed: boolean,
    notes?: LowerNotes,
  ) {
    this.#notes = notes;
    this.#owed = owed;
    this.likenesses = new OwnLikenesses(layers, files);
    for (const plink of plinks) {
      const { branch, stat } = plink;
      const inode = this.#byInode.ensure(branch, stat, newInode);
      inode.plinks = added(inode.plinks, plink);
    }
    this.#wanted = wantedOf(layers, plinks, ({ stat: { ino } }) => ino);
  }

  /** The names of an entry's inode. */
  of({ branch, stat }: RawPlink): readonly UpperName[] {
    return this.#byInode.get(branch, stat)?.names ?? NONE;
  }

  wanted(branch: number): InodeSet | 'all' | undefined {
    return this.#wanted.get(branch);
  }

  enters(stack: Stack): boolean {
    return stack.some(({ layer }) => layer.role === 'upper');
  }

  onDirectory({ path, stack }: WalkDirectory): void {
    if (!this.#owed) return;
    for (const { layer, fd } of stack) {
      if (layer.role !== 'upper' || getXattrFd(fd, TIMES_XATTR) === undefined) continue;
      this.owedTimes.push({ branch: layer.branch, path });
    }
  }

  onRead(directory: WalkDirectory, position: number): void {
    const { stack } = directory;
    const at = stack[position];
    // Whiteouts of the last layer hide nothing.
    if (at?.layer.role !== 'upper' || this.#byInode.size === 0 || position === stack.length - 1) return;
    let whiteouts: Iterable<Bytes>;
    try {
      whiteouts = at.names ?? namesAnew(at);
    } catch (error) {
      if (!isSysError(error)) throw error;
      this.#missRemoved({ path: directory.path, branch: at.layer.branch, code: error.code });
      return;
    }
    for (const whiteout of whiteouts) {
      const name = hiddenBy(whiteout);
      if (name !== undefined) this.#noteRemoved(directory, position, name);
    }
  }

  #noteRemoved({ path: directory, stack }: WalkDirectory, position: number, name: Bytes): void {
    const path = joinBytes(directory, name);
    let found: Namesake | undefined;
    try {
      found = namesakeBelow(stack, position, name, path);
    } catch (error) {
      if (!isSysError(error)) throw error;
      this.#missRemoved({ path, branch: stack[position]?.layer.branch ?? 0, code: error.code });
      return;
    }
    if (found === undefined) return;
    const file = found;
    const removed = this.#removed.ensure(file.branch, file, () => {
      const made = { file, names: [] };
      this.removed.push(made);
      return made;
    });
    removed.names.push(path);
  }

  #missRemoved(unreadable: Unreadable): void {
    this.unseenRemoved.push(unreadable);
    this.onUnreadable(unreadable);
  }

  onName(directory: WalkDirectory, position: number, name: Bytes): void {
    const { stack } = directory;
    const at = stack[position];
    if (at === undefined) return;
    const s = sight(at.fd, name);
    const found = s === undefined ? undefined : this.#byInode.get(at.layer.branch, s);
    if (found === undefined) return;
    // A name that its own whiteout hides was removed: what it covers says nothing.
    const path = joinBytes(directory.path, name);
    const namesake = aufsRules.hides(at, name) ? undefined : this.#below(stack, position, name, path);
    found.names = added(found.names, { path, namesake });
    if (namesake === undefined) return;
    this.#notes?.cover(directory, namesake);
    const dirfd = stack.find(({ layer }) => layer.branch === namesake.branch)?.fd;
    if (dirfd === undefined) return;
    const own = { dirfd: at.fd, name };
    for (const plink of found.plinks) {
      if (plink.plink !== undefined) this.likenesses.meet(plink, own, namesake, dirfd);
    }
  }

  /** What cannot be told for a mount over it is no evidence, and keeps the walk from being complete. */
  #below(stack: Stack, position: number, name: Bytes, path: Bytes): Namesake | undefined {
    try {
      return namesakeBelow(stack, position, name, path);
    } catch (error) {
      if (!isSysError(error, 'EXDEV')) throw error;
      const branch = stack[position]?.layer.branch ?? 0;
      this.onUnreadable({ path, branch, code: error.code });
      return undefined;
    }
  }

  onUnreadable(unreadable: Unreadable): void {
    this.unreadable.push(unreadable);
  }
}

function newInode(): UpperInode {
  return { names: NONE, plinks: NONE };
}

/** All names of a directory that holds too many to be kept. */
function namesAnew({ fd }: LayerDirectory): Bytes[] {
  return withFd(openQuietly(fd, '' as Bytes), namesIn);
}
