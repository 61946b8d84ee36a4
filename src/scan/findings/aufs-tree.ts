import { type Bytes, baseOf, joinBytes, parentOf } from '../../sys/bytes.js';
import { type InodeId, inodeOf } from '../../sys/inode-id.js';
import { withFd } from '../../sys/open.js';
import { namesIn } from '../../sys/record-names.js';
import { isDirectory, isRegular, S_IFMT, type Stat, stat, statIfThere } from '../../sys/stat.js';
import { isSysError, unless } from '../../sys/sys-error.js';
import { AUFS_NAME_MAX, hiddenBy, WHITEOUT_PREFIX, whiteoutOf } from '../../union/aufs-names.js';
import { openLongPath, openQuietly } from '../../union/open-layer-directory.js';
import type { Layer, LayerDirectory } from '../../union/view-rules.js';
import { lowerKey, type Namesake, namesakeBelow } from '../aufs/namesake.js';
import type { Finding, Unreadable } from '../result.js';
import type { WalkDirectory, WalkVisitor } from '../walk/walk-visitor.js';
import { sameData } from './same-data.js';

/** An upper file over a name of a lower file that has several. */
export interface CopiedName extends InodeId {
  readonly path: Bytes;
  readonly branch: number;
  /** Its content and time are the lower's still. */
  readonly unchanged: boolean;
}

/** Upper files over the names of one lower inode. */
export interface CopiedGroup {
  readonly lower: Namesake;
  readonly names: CopiedName[];
}

/** Looks at every directory of an aufs for what no mount would leave there, and at upper files over lower groups. */
export class AufsTree implements WalkVisitor {
  readonly findings: Finding[] = [];
  readonly groups = new Map<string, CopiedGroup>();
  readonly #layers: readonly Layer[];
  readonly #uppers: ReadonlySet<number>;
  readonly #entries: boolean;

  /** @param entries - whether there are pseudo-links that another tool's flush could lose */
  constructor(layers: readonly Layer[], entries: boolean) {
    this.#layers = layers;
    this.#uppers = new Set(layers.filter(({ role }) => role === 'upper').map(({ branch }) => branch));
    this.#entries = entries;
  }

  wanted(branch: number): 'all' | undefined {
    return this.#uppers.has(branch) ? 'all' : undefined;
  }

  onDirectory({ stack }: WalkDirectory): void {
    for (const directory of stack) {
      const names = withFd(openQuietly(directory.fd, '' as Bytes), (fd) => {
        return new Set(namesIn(fd));
      });
      for (const name of names) {
        if (directory.layer.whiteouts) this.#whiteout(directory, name, names);
        if (name.length > AUFS_NAME_MAX && !name.startsWith(WHITEOUT_PREFIX)) this.#tooLong(directory, name);
      }
    }
  }

  #whiteout({ fd, real, layer }: LayerDirectory, name: Bytes, names: ReadonlySet<Bytes>): void {
    const hidden = hiddenBy(name);
    if (hidden === undefined || !names.has(hidden)) return;
    const path = joinBytes(real, whiteoutOf(hidden));
    const writable = layer.role === 'upper';
    this.findings.push({
      code: 'illegal-whiteout',
      severity: 'warning',
      path: joinBytes(layer.path, path),
      message: `a whiteout beside the very name that it hides: /${joinBytes(real, hidden)} is listed, and cannot be reached`,
      remedy: writable
        ? 'plinkctl repair on a terminal: a person must say whether the name or its whiteout goes'
        : 'remove one of them in that branch',
      safe: false,
      action: writable
        ? {
            kind: 'remove',
            at: { in: 'branch', branch: layer.branch, path, inode: inodeOf(stat(fd, name)) },
            consent: 'decide',
          }
        : undefined,
    });
  }

  #tooLong({ real, layer }: LayerDirectory, name: Bytes): void {
    this.findings.push({
      code: 'name-too-long',
      severity: 'warning',
      path: joinBytes(layer.path, joinBytes(real, name)),
      message: `longer than the ${AUFS_NAME_MAX} bytes that aufs can show${this.#entries ? ': the classic flush stops its walk at it and deletes every pseudo-link all the same' : ''}`,
      remedy: 'give it a shorter name in its branch; plinkctl flush is not misled by it',
      safe: false,
    });
  }

  onName(directory: WalkDirectory, position: number, name: Bytes): void {
    const at = directory.stack[position];
    const s = at === undefined ? undefined : statIfThere(at.fd, name);
    if (at === undefined || s === undefined || isDirectory(s)) return;
    const path = joinBytes(directory.path, name);
    const lower = unless(['EXDEV'], () => namesakeBelow(directory.stack, position, name, path));
    if (lower === undefined || lower.stat.nlink < 2 || this.#uppers.has(lower.branch)) return;
    if ((lower.stat.mode & S_IFMT) !== (s.mode & S_IFMT)) return;
    const key = lowerKey(lower.branch, lower);
    const group = this.groups.get(key) ?? { lower, names: [] };
    this.groups.set(key, group);
    group.names.push({
      path,
      branch: at.layer.branch,
      ...inodeOf(s),
      unchanged: this.#unchanged(at, name, s, lower),
    });
  }

  #unchanged(at: LayerDirectory, name: Bytes, s: Stat, lower: Namesake): boolean {
    if (!isRegular(s) || s.size !== lower.stat.size || s.mtime !== lower.stat.mtime) return false;
    const layer = this.#layers.find(({ branch }) => branch === lower.branch);
    if (layer === undefined) return false;

    try {
      return withFd(openLongPath(layer.root, parentOf(lower.path)), (dirfd) =>
        sameData({ dirfd: at.fd, name }, { dirfd, name: baseOf(lower.path) }),
      );
    } catch (error) {
      if (isSysError(error)) return false;
      throw error;
    }
  }

  // The scan's own walks have told of it.
  onUnreadable(_: Unreadable): void {}
}
