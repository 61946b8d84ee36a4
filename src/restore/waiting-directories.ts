import { mostOpenFiles } from '../sys/resource-limits.js';
import type { TouchedDirectory } from './touched-directory.js';

/**
 * Directories that wait, open, for their fsync. The first one's takes the others' changes along on a file system with
 * one journal: the rest have nothing left to do. One after each directory's links cost 500 commits for 50,000 links.
 * Half of what the process may have open where that is less.
 */
const OPEN_DIRECTORIES = 256;

/** Directories with new names in them that are not durable yet. */
export class WaitingDirectories {
  readonly #most = Math.min(OPEN_DIRECTORIES, Math.floor(mostOpenFiles() / 2));
  #waiting: TouchedDirectory[] = [];

  /** Takes a directory over; whoever adds it settles it before the next {@link syncAll}. */
  add(directory: TouchedDirectory): void {
    this.#waiting.push(directory);
  }

  /** Whether as many wait as may be open. */
  get full(): boolean {
    return this.#waiting.length >= this.#most;
  }

  /** Every one is synced and closed, whatever becomes of the others; the first failure is thrown in the end. */
  syncAll(): void {
    const failures: unknown[] = [];
    for (const directory of this.#waiting.splice(0)) {
      try {
        directory.sync();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
