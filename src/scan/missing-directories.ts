import type { Bytes } from '../sys/bytes.js';
import type { MissingDirectory } from './result.js';
import type { WalkDirectory } from './walk/walk-visitor.js';

/**
 * Collects the directories that a missing name needs and the upper branch does not have yet.
 */
export class MissingDirectories {
  readonly #found = new Map<Bytes, MissingDirectory>();
  #last: WalkDirectory | undefined;
  #lastBranch = -1;

  /** Notes a directory and its ancestors, as far as `branch` lacks them. */
  add(directory: WalkDirectory, branch: number): void {
    if (directory === this.#last && branch === this.#lastBranch) return;
    this.#last = directory;
    this.#lastBranch = branch;
    for (let at: WalkDirectory | undefined = directory; at !== undefined && at.path !== ''; at = at.parent) {
      const [top] = at.stack;
      if (top === undefined || at.stack.some(({ layer }) => layer.branch === branch)) return;
      if (this.#found.has(at.path)) return;
      this.#found.set(at.path, { path: at.path, model: { branch: top.layer.branch, path: top.real } });
    }
  }

  /** Adds what another walk has collected. */
  merge(directories: readonly MissingDirectory[]): void {
    for (const directory of directories) this.#found.set(directory.path, directory);
  }

  /** What was collected since this was last asked. */
  take(): MissingDirectory[] {
    const taken = [...this.#found.values()];
    this.#found.clear();
    this.#last = undefined;
    return taken;
  }

  /** Parents before children. */
  get list(): MissingDirectory[] {
    return [...this.#found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
