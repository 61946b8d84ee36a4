import { CommandFailed, command } from './command.js';
import { pause } from './pause.js';

const TRIES = 10;
const PAUSE_MS = 50;

/**
 * Unmounts what is mounted at `mountpoint`. A mount that stays busy for half a second is detached lazily:
 * a test's leftover must not make the next one fail.
 */
export function unmount(mountpoint: string): void {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      command('umount', mountpoint);
      return;
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      if (/not mounted|no mount point/.test(error.stderr)) return;
    }
    pause(PAUSE_MS);
  }
  command('umount', '--lazy', mountpoint);
}
