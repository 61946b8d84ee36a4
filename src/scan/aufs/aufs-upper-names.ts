import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { inodeKey } from '../../sys/inode-id.js';
import { withFd } from '../../sys/open.js';
import { namesIn } from '../../sys/record-names.js';
import { statIfThere } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { getXattrFd } from '../../sys/xattr.js';
import { hiddenBy } from '../../union/aufs-names.js';
import { aufsRules } from '../../union/aufs-rules.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import type { Layer, Stack } from '../../union/view-rules.js';
import { TIMES_XATTR } from '../own-marks.js';
import type { Unreadable } from '../result.js';
import { InodeSet } from '../walk/inode-set.js';
import type { WalkDirectory, WalkVisitor } from '../walk/walk-visitor.js';
import type { RawPlink } from './aufs-index.js';
import { lowerKey, type Namesake, namesakeBelow, trueInodeBranches } from './aufs-names.js';

/** What is known of one entry's upper names. */
export interface PlinkNames {
  readonly names: { readonly path: Bytes; readonly namesake: Namesake | undefined }[];
}

/** A lower file of which some names are whited out in an upper branch. */
export interface RemovedFile {
  readonly file: Namesake;
  readonly names: Bytes[];
}

/** First walk: the upper names of each entry, with the lower file under each. It enters what uppers hold alone. */
export class UpperPlinkNames implements WalkVisitor {
  readonly unreadable: Unreadable[] = [];
  readonly byEntry = new Map<RawPlink, PlinkNames>();
  readonly owedTimes: { readonly branch: number; readonly path: Bytes }[] = [];
  /** By lower inode. */
  readonly removed = new Map<string, RemovedFile>();
  readonly #byInode = new Map<string, PlinkNames>();
  readonly #wanted = new Map<number, InodeSet | 'all'>();
  readonly #owed: boolean;

  constructor(layers: readonly Layer[], plinks: readonly RawPlink[], owed: boolean) {
    this.#owed = owed;
    const trust = trueInodeBranches(layers);
    const inodes = new Map<number, bigint[]>();
    for (const plink of plinks) {
      const key = `${plink.branch}/${inodeKey(plink.stat)}`;
      const names = this.#byInode.get(key) ?? { names: [] };
      this.#byInode.set(key, names);
      this.byEntry.set(plink, names);
      const list = inodes.get(plink.branch);
      if (list === undefined) inodes.set(plink.branch, [plink.stat.ino]);
      else list.push(plink.stat.ino);
    }
    for (const [branch, list] of inodes)
      this.#wanted.set(branch, trust.has(branch) ? InodeSet.of(list) : 'all');
  }

  wanted(branch: number): InodeSet | 'all' | undefined {
    return this.#wanted.get(branch);
  }

  enters(stack: Stack): boolean {
    return stack.some(({ layer }) => layer.role === 'upper');
  }

  onDirectory({ path, stack }: WalkDirectory): void {
    for (const [position, { layer, fd }] of stack.entries()) {
      if (layer.role !== 'upper') continue;
      if (this.#owed && getXattrFd(fd, TIMES_XATTR) !== undefined) {
        this.owedTimes.push({ branch: layer.branch, path });
      }
      if (this.byEntry.size > 0) this.#noteRemoved(path, stack, position);
    }
  }

  #noteRemoved(path: Bytes, stack: Stack, position: number): void {
    try {
      withFd(openQuietly(stack[position]?.fd ?? -1, '' as Bytes), (fd) => {
        for (const whiteout of namesIn(fd)) {
          const name = hiddenBy(whiteout);
          const file = name === undefined ? undefined : this.#below({ path, stack }, position, name);
          if (name === undefined || file === undefined) continue;
          const key = lowerKey(file.branch, file);
          const known = this.removed.get(key);
          if (known === undefined) this.removed.set(key, { file, names: [joinBytes(path, name)] });
          else known.names.push(joinBytes(path, name));
        }
      });
    } catch (error) {
      // The walk itself meets the same failure and tells of it.
      if (!isSysError(error)) throw error;
    }
  }

  onName(directory: WalkDirectory, position: number, name: Bytes): void {
    const at = directory.stack[position];
    if (at === undefined) return;
    const s = statIfThere(at.fd, name);
    if (s === undefined) return;
    const found = this.#byInode.get(`${at.layer.branch}/${inodeKey(s)}`);
    found?.names.push({
      path: joinBytes(directory.path, name),
      // A name that its own whiteout hides was removed: what it covers says nothing.
      namesake: aufsRules.hides(at, name) ? undefined : this.#below(directory, position, name),
    });
  }

  /** What cannot be told for a mount over it is no evidence, and keeps the walk from being complete. */
  #below(
    { path, stack }: Pick<WalkDirectory, 'path' | 'stack'>,
    position: number,
    name: Bytes,
  ): Namesake | undefined {
    try {
      return namesakeBelow(stack, position, name);
    } catch (error) {
      if (!isSysError(error, 'EXDEV')) throw error;
      const branch = stack[position]?.layer.branch ?? 0;
      this.onUnreadable({ path: joinBytes(path, name), branch, code: error.code });
      return undefined;
    }
  }

  onUnreadable(unreadable: Unreadable): void {
    this.unreadable.push(unreadable);
  }
}
