import type { Bytes } from '../sys/bytes.js';
import { joinBytes } from '../sys/bytes.js';
import { stat, statIfThere } from '../sys/stat.js';
import { isSysError } from '../sys/sys-error.js';
import { WHITEOUT_PREFIX } from '../union/aufs-names.js';
import { openLayerDirectory } from '../union/open-layer-directory.js';
import type { LayerDirectory, Stack, ViewRules } from '../union/view-rules.js';
import type { Candidates } from './aufs-candidates.js';
import { runWalk } from './run-walk.js';
import type { ScanOptions } from './scan.js';
import type { WalkDirectory, WalkProgress, WalkVisitor } from './walk.js';

/** One branch alone with everything in it: whiteouts and opaque marks hide nothing. */
const bareRules: ViewRules = {
  hidden: (name) => name.startsWith(WHITEOUT_PREFIX),
  hides: () => false,
  decides: (directory, name) => statIfThere(directory.fd, name) !== undefined,
  descend: (stack: Stack, from: number, name: Bytes): LayerDirectory[] => {
    const parent = stack[from];
    return parent === undefined ? [] : [openLayerDirectory(parent, name)];
  },
};

/** Compares every file of the lower branches with the entries in question, also those that the union hides. */
export async function searchLowers(
  roots: Stack,
  candidates: Candidates,
  options: ScanOptions,
  progress: WalkProgress,
): Promise<void> {
  for (const root of roots) {
    if (root.layer.role !== 'lower') continue;
    await runWalk([root], bareRules, new Search(candidates), options, progress);
  }
}

class Search implements WalkVisitor {
  readonly #candidates: Candidates;

  constructor(candidates: Candidates) {
    this.#candidates = candidates;
  }

  wanted(): 'all' {
    return 'all';
  }

  onName({ stack }: WalkDirectory, position: number, name: Bytes): void {
    const at = stack[position];
    if (at === undefined) return;
    try {
      const s = stat(at.fd, name);
      const path = joinBytes(at.real, name);
      this.#candidates.consider(
        { branch: at.layer.branch, path, dev: s.dev, ino: s.ino, stat: s },
        { dirfd: at.fd, name, stat: s },
      );
    } catch (error) {
      // A file that cannot be looked at is one candidate less to show, and no less of a proof by names.
      if (!isSysError(error)) throw error;
    }
  }

  onUnreadable(): void {}
}
