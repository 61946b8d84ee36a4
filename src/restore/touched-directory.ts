import { TIMES_XATTR } from '../scan/own-marks.js';
import { setTimes } from '../sys/attributes.js';
import type { Bytes } from '../sys/bytes.js';
import { close } from '../sys/open.js';
import { type Stat, stat } from '../sys/stat.js';
import { fsync } from '../sys/sync.js';
import { isSysError, unless } from '../sys/sys-error.js';
import { getXattrFd, removeXattr, setXattr } from '../sys/xattr.js';
import { openLongPath } from '../union/open-layer-directory.js';
import { fitAttribute } from './fit-attribute.js';
import { areOwed, type OwedTimes, sinceNow } from './owed-times.js';
import { SELF, type Site } from './site.js';

/**
 * An upper directory that gets names: it keeps its times, also over a crash (they wait in an attribute until the
 * names are made), and is marked impure as the kernel marks it.
 */
export class TouchedDirectory {
  readonly fd: number;
  readonly #times: Pick<OwedTimes, 'atime' | 'mtime'>;
  #stashed = false;

  constructor(site: Site, branch: number, path: Bytes) {
    this.fd = openLongPath(site.layer(branch).root, path);
    try {
      const now = stat(this.fd, SELF);
      this.#times = dueTimes(site, this.fd, now) ?? now;
      // First what must be there: the times can do without their attribute where only one of both fits.
      markImpure(site, this.fd);
      this.#stash();
    } catch (error) {
      close(this.fd);
      throw error;
    }
  }

  #stash(): void {
    const { atime, mtime } = this.#times;
    try {
      setXattr(this.fd, SELF, TIMES_XATTR, Buffer.from(`${atime} ${mtime} ${sinceNow()}`, 'latin1'));
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
}

function markImpure({ prefix }: Site, fd: number): void {
  if (prefix === undefined) return;
  if (getXattrFd(fd, `${prefix}impure`)?.toString('latin1') === 'y') return;
  fitAttribute(fd, SELF, `${prefix}impure`, Buffer.from('y'));
}

/** The times that an interrupted run still owes a directory. */
function dueTimes(site: Site, fd: number, { ctime }: Stat): OwedTimes | undefined {
  const owed = notedTimes(fd);
  return owed !== undefined && areOwed(owed, ctime, site.mountedAt()) ? owed : undefined;
}

function notedTimes(fd: number): OwedTimes | undefined {
  const text = getXattrFd(fd, TIMES_XATTR)?.toString('latin1') ?? '';
  const [, atime, mtime, since] = /^(-?\d{1,20}) (-?\d{1,20})(?: (\d{1,20}))?$/.exec(text) ?? [];
  if (atime === undefined || mtime === undefined) return undefined;
  return {
    atime: BigInt(atime),
    mtime: BigInt(mtime),
    since: since === undefined ? undefined : BigInt(since),
  };
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
    const times = dueTimes(site, fd, stat(fd, SELF));
    if (times !== undefined) setTimes(fd, SELF, times.atime, times.mtime);
    removeXattr(fd, SELF, TIMES_XATTR);
  } finally {
    close(fd);
  }
}
