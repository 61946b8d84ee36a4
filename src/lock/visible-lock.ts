import type { RuntimeDirectory } from './runtime-directory.js';

/** The lock directory that other programs and people see. */
export interface VisibleLock {
  /** Removes it; a second call does nothing. */
  release(): void;
}

/** Takes the lock of `path` (a directory `PATH.lock`). Only who holds the flock may call it. */
export type TakeVisibleLock = (path: string, note: (text: string) => void) => VisibleLock;

/** Milliseconds without a sign of life after which other users of proper-lockfile may take the lock for dead. */
export const STALE_MS = 60_000;

/**
 * Loads proper-lockfile, whose lock is decoration on the flock: it loses its lock to a busy event loop, to a
 * suspended machine and to a jump of the clock, and can give it to two at once when it is stale. So nothing here
 * asks it who holds the maintenance mode, and its complaints are only noted.
 *
 * @param staleMs - milliseconds; for tests
 */
export async function visibleLocks(runtime: RuntimeDirectory, staleMs = STALE_MS): Promise<TakeVisibleLock> {
  const { default: lockfile } = await import('proper-lockfile');
  return (path, note) => {
    const lockfilePath = `${path}.lock`;
    const take = () =>
      lockfile.lockSync(path, {
        realpath: false,
        lockfilePath,
        stale: staleMs,
        onCompromised: (error) => note(`the lock directory was disturbed: ${error.message}`),
      });
    let giveBack: () => void;
    try {
      giveBack = take();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      // We hold the flock, which its owner would hold: he is dead, however fresh his lock looks.
      runtime.fs.removeSync(lockfilePath);
      giveBack = take();
    }
    let released = false;
    return {
      release() {
        if (released) return;
        released = true;
        try {
          giveBack();
        } catch {
          // It counts itself as lost; the directory is ours all the same.
        }
        runtime.fs.removeSync(lockfilePath);
      },
    };
  };
}
