import { TIMES_XATTR } from '../scan/own-marks.js';
import { setTimes } from '../sys/attributes.js';
import type { Bytes } from '../sys/bytes.js';
import { close } from '../sys/open.js';
import { stat } from '../sys/stat.js';
import { fsync } from '../sys/sync.js';
import { isSysError, unless } from '../sys/sys-error.js';
import { getXattrFd, removeXattr, setXattr } from '../sys/xattr.js';
import { openLongPath } from '../union/open-layer-directory.js';
import { fitAttribute } from './fit-attribute.js';
import { SELF, type Site } from './site.js';

interface Times {
  readonly atime: bigint;
  readonly mtime: bigint;
}

/**
 * An upper directory that gets names: it keeps its times, also over a crash (they wait in an attribute until the
 * names are made), and is marked impure as the kernel marks it.
 */
export class TouchedDirectory {
  readonly fd: number;
  readonly #times: Times;
  #stashed = false;

  constructor(site: Site, branch: number, path: Bytes) {
    this.fd = openLongPath(site.layer(branch).root, path);
    try {
      this.#times = owedTimes(this.fd) ?? stat(this.fd, SELF);
      // First what must be there: the times can do without their attribute where only one of both fits.
      markImpure(site, this.fd);
      this.#stash();
    } catch (error) {
      close(this.fd);
      throw error;
    }
  }

  #stash(): void {
    try {
      setXattr(
        this.fd,
        SELF,
        TIMES_XATTR,
        Buffer.from(`${this.#times.atime} ${this.#times.mtime}`, 'latin1'),
      );
      this.#stashed = true;
    } catch (error) {
      // Without CAP_SYS_ADMIN, or on a file system without such attributes: a crash would cost the directory its mtime.
      if (!isSysError(error, 'EPERM', 'EOPNOTSUPP', 'ENOSPC', 'EDQUOT', 'E2BIG', 'ERANGE')) throw error;
    }
  }

  /** Puts the times back; {@link sync} makes it all durable. */
  settle(): void {
    // Refused in an append-only directory, and to who may write to it but does not own it: the names are made.
    unless(['EPERM'], () => setTimes(this.fd, SELF, this.#times.atime, this.#times.mtime));
    if (this.#stashed) removeXattr(this.fd, SELF, TIMES_XATTR);
  }

  /** Makes the new names durable, and closes it. */
  sync(): void {
    try {
      fsync(this.fd);
    } finally {
      close(this.fd);
    }
  }

  /** {@link settle} and {@link sync}. */
  finish(): void {
    try {
      this.settle();
    } catch (error) {
      close(this.fd);
      throw error;
    }
    this.sync();
  }

  /** Closes it without more; what it owes waits for the next run. */
  abandon(): void {
    close(this.fd);
  }
}

function markImpure({ prefix }: Site, fd: number): void {
  if (prefix === undefined) return;
  if (getXattrFd(fd, `${prefix}impure`)?.toString('latin1') === 'y') return;
  fitAttribute(fd, SELF, `${prefix}impure`, Buffer.from('y'));
}

/** The times that an interrupted run still owes a directory. */
function owedTimes(fd: number): Times | undefined {
  const match = /^(-?\d{1,20}) (-?\d{1,20})$/.exec(getXattrFd(fd, TIMES_XATTR)?.toString('latin1') ?? '');
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { atime: BigInt(match[1]), mtime: BigInt(match[2]) };
}

/** Pays a directory the times that an interrupted run still owes it. */
export function payTimes(site: Site, branch: number, path: Bytes): void {
  let fd: number;
  try {
    fd = openLongPath(site.layer(branch).root, path);
  } catch (error) {
    if (isSysError(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return;
    throw error;
  }
  try {
    const times = owedTimes(fd);
    if (times !== undefined) setTimes(fd, SELF, times.atime, times.mtime);
    removeXattr(fd, SELF, TIMES_XATTR);
  } finally {
    close(fd);
  }
}
