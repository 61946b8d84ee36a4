import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { write } from '../sys/data.js';
import { close, O_WRONLY, openTrusted } from '../sys/open.js';
import { isSysError } from '../sys/sys-error.js';

/** The kernel's maintenance mode of one mounted aufs, on. */
export interface PlinkMaint {
  /** Lets the kernel forget every pseudo-link; names that are not linked for real show their lower file after it. */
  clean(): void;
  /** Ends the mode; a second call does nothing. */
  release(): void;
}

/** Where the mode is entered, below the kernel root. */
export const PLINK_MAINT = '/proc/fs/aufs/plink_maint';

/**
 * Enters aufs' own maintenance mode. Until it is left every other process gets EAGAIN from the mount or hangs, and
 * so does every other thread of this one: the kernel knows the thread that wrote, not the process. A read of
 * another thread that hangs keeps the mode on for ever, SIGKILL or not. So from here to `release` the caller works
 * synchronously, and lets no event loop turn.
 *
 * @param kernelRoot - directory that holds `proc`; `''` for the machine itself
 * @param si - the mount's id, 16 hex digits
 * @throws Problem busy `plink-maint` where somebody else has it; operational where the kernel refuses
 */
export function enterPlinkMaint(kernelRoot: Bytes, si: string): PlinkMaint {
  const path = `${kernelRoot}${PLINK_MAINT}` as Bytes;
  let fd: number;
  try {
    fd = openTrusted(path, O_WRONLY);
  } catch (error) {
    throw refusal(error, path);
  }
  let open = true;
  const release = (): void => {
    if (!open) return;
    open = false;
    close(fd);
  };
  const say = (word: string): void => {
    try {
      write(fd, Buffer.from(word, 'latin1'));
    } catch (error) {
      release();
      throw refusal(error, path);
    }
  };
  say(`si=${si}`);
  // A newline, which `si=` may have, would make this one EINVAL.
  return { clean: () => say('clean'), release };
}

function refusal(error: unknown, path: Bytes): unknown {
  if (!isSysError(error)) return error;
  const problem = (kind: 'busy' | 'operational', code: string, message: string, hint: string): Problem =>
    new Problem(kind, code, message, { path, hint, cause: error });
  switch (error.code) {
    case 'EBUSY':
    case 'EAGAIN':
      return problem(
        'busy',
        'plink-maint',
        'another program holds the maintenance mode of the aufs',
        'wait for it with --wait (or --wait=SECONDS); fuser -v on this file shows who has it',
      );
    case 'EACCES':
    case 'EPERM':
      return problem(
        'operational',
        'permission',
        'the kernel lets only root maintain an aufs (CAP_SYS_ADMIN)',
        'run it as root',
      );
    case 'ENOENT':
      return problem(
        'operational',
        'no-plink-maint',
        'the kernel offers no maintenance mode for aufs',
        'unmount the aufs and flush its branches: plinkctl flush -o br:…',
      );
    case 'EINVAL':
      return problem(
        'operational',
        'unknown-aufs',
        'the kernel does not know the aufs by its id',
        'it may have been unmounted meanwhile; plinkctl discover shows what is mounted',
      );
    default:
      return error;
  }
}
