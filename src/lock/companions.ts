import { join } from 'node:path';
import { tryLock } from '../sys/lock.js';
import { close, O_CREAT, O_NOFOLLOW, O_RDWR } from '../sys/open.js';
import type { LockObject } from './lock-object.js';
import { type OwnerRecord, readOwnerRecord, writeOwnerRecord } from './owner-record.js';
import type { RuntimeDirectory } from './runtime-directory.js';

/**
 * The files of one lock object in the runtime directory. Level 0 is the holder of the lock object itself; level
 * N+1 are the children of the holder of level N, who exclude each other by the flock of a file.
 */
export class Companions {
  readonly runtime: RuntimeDirectory;
  readonly #id: string;

  constructor(runtime: RuntimeDirectory, { id }: Pick<LockObject, 'id'>) {
    this.runtime = runtime;
    this.#id = id;
  }

  /** Path of the level's lock file, from 1 on; of level 0, what proper-lockfile is told to lock. */
  lockPath(level: number): string {
    return join(this.runtime.path, this.#id + '.children'.repeat(level));
  }

  readRecord(level: number): OwnerRecord | undefined {
    return readOwnerRecord(this.runtime, this.#recordPath(level));
  }

  writeRecord(level: number, record: OwnerRecord): void {
    writeOwnerRecord(this.runtime, this.#recordPath(level), record);
  }

  removeRecord(level: number): void {
    this.runtime.fs.removeSync(this.#recordPath(level));
  }

  /** Makes a level's lock file if it is not there. */
  make(level: number): void {
    close(this.#open(level, O_CREAT));
  }

  /** Opens a level's lock file; undefined where there is none. */
  open(level: number): number | undefined {
    try {
      return this.#open(level, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** The first level below `level` whose lock is taken. */
  takenBelow(level: number): number | undefined {
    const { fds, taken } = this.#lockBelow(level);
    for (const fd of fds) close(fd);
    return taken;
  }

  /** Removes the lock files and records below `level`, unless one is taken. */
  removeBelow(level: number): void {
    const { fds, taken } = this.#lockBelow(level);
    try {
      if (taken !== undefined) return;
      // The deepest first: who looks for deeper levels stops at the first that is missing.
      for (let i = fds.length; i > 0; i -= 1) {
        this.removeRecord(level + i);
        this.runtime.fs.removeSync(this.lockPath(level + i));
      }
    } finally {
      for (const fd of fds) close(fd);
    }
  }

  #lockBelow(level: number): { readonly fds: readonly number[]; readonly taken: number | undefined } {
    const fds: number[] = [];
    for (let below = level + 1; ; below += 1) {
      const fd = this.open(below);
      if (fd === undefined) return { fds, taken: undefined };
      fds.push(fd);
      if (!tryLock(fd)) return { fds, taken: below };
    }
  }

  #open(level: number, create: number): number {
    return this.runtime.fs.openSync(this.lockPath(level), O_RDWR | O_NOFOLLOW | create, 0o600);
  }

  #recordPath(level: number): string {
    return `${this.lockPath(level)}.json`;
  }
}
