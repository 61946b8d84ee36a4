import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { stat } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { WHITEOUT_PREFIX } from '../../union/aufs-names.js';
import type { Stack, ViewRules } from '../../union/view-rules.js';
import { refuseCovered } from '../refuse-covered.js';
import type { Unreadable } from '../result.js';
import type { ScanOptions } from '../scan-options.js';
import { bareRules } from '../walk/bare-rules.js';
import { runWalk } from '../walk/run-walk.js';
import type { WalkDirectory, WalkProgress, WalkVisitor } from '../walk/walk-visitor.js';
import type { Candidates } from './aufs-candidates.js';
import type { DisplacedFiles } from './aufs-displaced.js';
import type { Namesake } from './namesake.js';

/** A branch of an aufs alone: aufs' own names are no files of it. */
const bareBranch: ViewRules = { ...bareRules, hidden: (name) => name.startsWith(WHITEOUT_PREFIX) };

/**
 * Compares every file of the lower branches with the entries in question, also those that the union hides.
 *
 * @returns what could not be looked into
 */
export async function searchLowers(
  roots: Stack,
  candidates: Candidates,
  displaced: DisplacedFiles,
  options: ScanOptions,
  progress: WalkProgress,
): Promise<Unreadable[]> {
  const search = new Search(candidates, displaced);
  for (const root of roots) {
    if (root.layer.role !== 'lower') continue;
    await runWalk([root], bareBranch, search, options, progress);
  }
  return search.unreadable;
}

class Search implements WalkVisitor {
  readonly unreadable: Unreadable[] = [];
  readonly #candidates: Candidates;
  readonly #displaced: DisplacedFiles;

  constructor(candidates: Candidates, displaced: DisplacedFiles) {
    this.#candidates = candidates;
    this.#displaced = displaced;
  }

  wanted(): 'all' {
    return 'all';
  }

  onName({ stack }: WalkDirectory, position: number, name: Bytes, inode: bigint | undefined): void {
    const at = stack[position];
    if (at === undefined) return;
    try {
      refuseCovered(at, name, inode);
      const s = stat(at.fd, name);
      const path = joinBytes(at.real, name);
      const file: Namesake = { branch: at.layer.branch, path, dev: s.dev, ino: s.ino, stat: s };
      this.#displaced.meet(file);
      this.#candidates.consider(file, { dirfd: at.fd, name, stat: s });
    } catch (error) {
      if (!isSysError(error)) throw error;
      this.onUnreadable({ path: joinBytes(at.real, name), branch: at.layer.branch, code: error.code });
    }
  }

  onUnreadable(unreadable: Unreadable): void {
    this.unreadable.push(unreadable);
  }
}
