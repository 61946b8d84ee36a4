import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { type InodeId, inodeOf } from '../../sys/inode-id.js';
import { isDirectory, isNullDevice, isRegular, S_IFMT, type Stat, statIfThere } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { getXattr, getXattrFd } from '../../sys/xattr.js';
import type { Stack } from '../../union/view-rules.js';
import { type HandleLayer, indexNameOf, type OverlayLayers } from '../overlay/overlay-layers.js';
import type { Unreadable } from '../result.js';
import type { WalkDirectory, WalkVisitor } from '../walk/walk-visitor.js';
import { sameData } from './same-data.js';

/** An upper file that may be the copy-up of the lower file under its name, with nothing that says so. */
export interface UnmarkedCopy extends InodeId {
  readonly path: Bytes;
  readonly nlink: number;
  /** Handle of the lower file in hex: the name that an index entry of it would have. */
  readonly key: string;
  /** The kernel's own mark, or content, time and all of the lower's, show that it was copied up. */
  readonly proved: boolean;
}

/** An upper file with an origin. */
export interface MarkedCopy extends InodeId {
  readonly path: Bytes;
  readonly nlink: number;
  readonly key: string;
  readonly hasNlink: boolean;
}

/**
 * Finds the upper files that were copied up without being indexed: with an origin, as single-link files are, and
 * without one, as `index=off` leaves a hardlink. A directory that is not marked impure holds neither.
 */
export class UpperCopies implements WalkVisitor {
  readonly unmarked: UnmarkedCopy[] = [];
  readonly marked: MarkedCopy[] = [];
  readonly #overlay: OverlayLayers;
  readonly #lowers: ReadonlyMap<number, HandleLayer>;
  #impure = false;

  constructor(overlay: OverlayLayers) {
    this.#overlay = overlay;
    this.#lowers = new Map(overlay.lowers.map((layer) => [layer.branch, layer]));
  }

  wanted(branch: number): 'all' | undefined {
    return branch === this.#overlay.upper.branch ? 'all' : undefined;
  }

  enters(stack: Stack): boolean {
    return stack[0]?.layer.role === 'upper';
  }

  onDirectory({ stack: [top] }: WalkDirectory): void {
    this.#impure =
      top?.layer.role === 'upper' &&
      getXattrFd(top.fd, `${this.#overlay.prefix}impure`)?.toString('latin1') === 'y';
  }

  onName(directory: WalkDirectory, position: number, name: Bytes): void {
    const at = directory.stack[position];
    if (at === undefined || !this.#impure) return;
    const s = statIfThere(at.fd, name);
    if (s === undefined || isNullDevice(s)) return;
    const { prefix } = this.#overlay;
    const path = joinBytes(directory.path, name);
    const origin = getXattr(at.fd, name, `${prefix}origin`);
    if (origin !== undefined) {
      const hasNlink = getXattr(at.fd, name, `${prefix}nlink`) !== undefined;
      const key = origin.toString('hex');
      if (key !== '') this.marked.push({ path, ...inodeOf(s), nlink: s.nlink, key, hasNlink });
      return;
    }
    this.#look(directory, at.fd, name, s);
  }

  #look(directory: WalkDirectory, fd: number, name: Bytes, s: Stat): void {
    for (const lower of directory.stack.slice(1)) {
      const below = quietStat(lower.fd, name);
      if (below === undefined) continue;
      if (isNullDevice(below) || isDirectory(below)) return;
      if (below.nlink < 2 || (below.mode & S_IFMT) !== (s.mode & S_IFMT)) return;
      const layer = this.#lowers.get(lower.layer.branch);
      const key = layer === undefined ? undefined : indexNameOf(layer, lower.fd, name);
      if (key === undefined) return;
      const metacopy = isRegular(s) && getXattr(fd, name, `${this.#overlay.prefix}metacopy`) !== undefined;
      const proved =
        metacopy ||
        (s.nlink === 1 &&
          s.mtime === below.mtime &&
          sameData({ dirfd: fd, name }, { dirfd: lower.fd, name }));
      this.unmarked.push({
        path: joinBytes(directory.path, name),
        ...inodeOf(s),
        nlink: s.nlink,
        key,
        proved,
      });
      return;
    }
  }

  // The scan's own walk has told of it.
  onUnreadable(_: Unreadable): void {}
}

function quietStat(fd: number, name: Bytes): Stat | undefined {
  try {
    return statIfThere(fd, name);
  } catch (error) {
    if (isSysError(error, 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}
