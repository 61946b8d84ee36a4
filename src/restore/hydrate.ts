import { HYDRATE_XATTR } from '../scan/own-marks.js';
import { setTimes } from '../sys/attributes.js';
import type { Bytes } from '../sys/bytes.js';
import { fileSystemUuid } from '../sys/filesystem.js';
import { openByHandle } from '../sys/handle.js';
import { holdsLease, takeLease } from '../sys/lock.js';
import { close, O_NOATIME, O_NOFOLLOW, O_RDONLY, O_RDWR, openBeneath } from '../sys/open.js';
import { punchHole } from '../sys/punch-hole.js';
import { isRegular, stat } from '../sys/stat.js';
import { fsync } from '../sys/sync.js';
import { isSysError, SysError } from '../sys/sys-error.js';
import { copyPieces } from '../sys/whole-data.js';
import { getXattr, getXattrFd, removeXattr, setXattr } from '../sys/xattr.js';
import { blobOfIndexName, parseOverlayHandle } from '../union/overlay-handle.js';
import type { Layer } from '../union/view-rules.js';
import { fitAttribute } from './fit-attribute.js';
import { areOwed, OWN_CHANGES, type OwedTimes, sinceNow } from './owed-times.js';
import type { Pace } from './pace.js';
import { SELF, type Site } from './site.js';

const CAPABILITY = 'security.capability';
const EAGAIN = 11;
const EINVAL = 22;

/** What writing data into an inode takes away, kept on it until it is given back. */
interface Owed extends OwedTimes {
  /** `security.capability`, hex; any write strips it. */
  readonly capability: string | null;
}

export interface HydrateOptions {
  readonly pace: Pace;
  /** Throws where somebody has mounted the union. */
  readonly stillFree?: (() => void) | undefined;
}

/**
 * Gives a metadata-only inode the data of its lower file: the data first, durable, and only then the mark goes
 * that makes the kernel look into the lower. Stopped anywhere it can be run again; holes stay holes. Whoever opens the
 * file meanwhile waits until it is whole, or let go of: what he writes would be written over.
 *
 * @throws SysError ESTALE where the lower file is gone, EINVAL where it is no plain data file of that size, EAGAIN of
 *   fcntl where somebody has it open; what `stillFree` throws, and the pace's signal
 */
export async function hydrate(
  site: Site,
  branch: number,
  entry: Bytes,
  { pace, stillFree }: HydrateOptions,
): Promise<void> {
  const fd = openBeneath(site.index(branch), entry, O_RDWR | O_NOFOLLOW | O_NOATIME);
  try {
    await fill(site, fd, entry, leaseOf(fd, stillFree), pace);
  } finally {
    // The lease goes with it.
    close(fd);
  }
}

/** What keeps others from a file, asked before each piece of its data is written. */
type Lease = () => void;

/**
 * Whoever has mounted the union needs the file open to write to it. Where there is no lease to be had (EACCES without
 * CAP_LEASE, EINVAL on some file systems), nobody may have mounted it.
 */
function leaseOf(fd: number, stillFree: (() => void) | undefined): Lease {
  try {
    if (!takeLease(fd)) throw new SysError('fcntl', EAGAIN);
  } catch (error) {
    if (isSysError(error, 'EACCES', 'EINVAL', 'ENOLCK')) return () => stillFree?.();
    throw error;
  }
  return () => {
    if (!holdsLease(fd)) throw new SysError('fcntl', EAGAIN);
  };
}

async function fill(site: Site, fd: number, entry: Bytes, lease: Lease, pace: Pace): Promise<void> {
  const prefix = site.prefix ?? '';
  const to = stat(fd, SELF);
  const noted = owedBy(fd, SELF);
  if (getXattrFd(fd, `${prefix}metacopy`) === undefined) {
    // Somebody wrote to it through the union, whose kernel has given it its data.
    removeXattr(fd, SELF, HYDRATE_XATTR);
    return;
  }
  const source = openOrigin(site, entry);
  try {
    const from = stat(source, SELF);
    if (!isRegular(from) || from.size !== to.size || getXattrFd(source, `${prefix}metacopy`) !== undefined) {
      throw new SysError('open_by_handle_at', EINVAL, entry);
    }
    const { atime, mtime } = noted ?? to;
    const capability = getXattr(fd, SELF, CAPABILITY)?.toString('hex');
    const owed = { atime, mtime, capability: capability ?? noted?.capability ?? null };
    let since = note(fd, SELF, owed);
    let written = to.mtime;
    try {
      // The target keeps its size throughout: the union takes the size from this inode, also while the data is still
      // the lower's. What an interrupted run wrote is the same data at the same place.
      const pieces = copyPieces(source, fd, Number(from.size));
      for (lease(); pieces.next().done !== true; lease()) {
        written = stat(fd, SELF).mtime;
        if (pace.due) await pace.breathe();
        if (sinceNow() - since > OWN_CHANGES / 2n) since = note(fd, SELF, owed);
      }
      // Nobody may write to a lower, but what somebody did would be cut off or torn in the copy.
      const now = stat(source, SELF);
      if (now.size !== from.size || now.ctime !== from.ctime)
        throw new SysError('open_by_handle_at', EINVAL, entry);
      fsync(fd);
      lease();
    } catch (error) {
      const room = isSysError(error, 'ENOSPC', 'EDQUOT') && holds(lease) ? Number(to.size) : 0;
      if (stat(fd, SELF).mtime === written || holds(lease)) withdraw(fd, owed, room);
      throw error;
    }
    // Own mark first: without the other one no later run would look for it here.
    giveBack(fd, owed);
    removeXattr(fd, SELF, `${prefix}metacopy`);
    fsync(fd);
  } finally {
    close(source);
  }
}

function holds(lease: Lease): boolean {
  try {
    lease();
    return true;
  } catch {
    return false;
  }
}

/**
 * Lets what a stopped hydration owes an entry's inode be owed by this run; where somebody has changed the inode since it is
 * owed no more. To be asked before the run changes it itself.
 */
export function renewOwed(site: Site, branch: number, entry: Bytes): void {
  const index = site.index(branch);
  const owed = owedBy(index, entry);
  if (owed === undefined) return;
  if (areOwed(owed, stat(index, entry).ctime, site.mountedAt())) note(index, entry, owed);
  else removeXattr(index, entry, HYDRATE_XATTR);
}

/** Notes what is owed, and from when on; returns that. */
function note(dirfd: number, name: Bytes, { atime, mtime, capability }: Omit<Owed, 'since'>): bigint {
  const since = sinceNow();
  const text = JSON.stringify({
    atime: String(atime),
    mtime: String(mtime),
    capability,
    since: String(since),
  });
  fitAttribute(dirfd, name, HYDRATE_XATTR, Buffer.from(text));
  return since;
}

function giveBack(fd: number, { atime, mtime, capability }: Omit<Owed, 'since'>): void {
  if (capability !== null) setXattr(fd, SELF, CAPABILITY, Buffer.from(capability, 'hex'));
  setTimes(fd, SELF, atime, mtime);
  removeXattr(fd, SELF, HYDRATE_XATTR);
}

/**
 * The union still shows the lower's data, so that nothing but time and capability tells of the attempt: they are put
 * right, and a disk that is full gets back what was taken in vain. Otherwise the data stays: where the lower cannot be
 * read any more, what an earlier run wrote may be the last of it. What fails here too waits for the rerun.
 *
 * @param room - bytes to be given back
 */
function withdraw(fd: number, owed: Omit<Owed, 'since'>, room: number): void {
  const punch = (): void => {
    if (room > 0) punchHole(fd, room);
  };
  for (const step of [punch, () => giveBack(fd, owed)]) {
    try {
      step();
    } catch {
      // The first error is the one to tell.
    }
  }
}

const record =
  /^\{"atime":"(-?\d{1,19})","mtime":"(-?\d{1,19})","capability":(?:null|"((?:[0-9a-f]{2})*)")(?:,"since":"(\d{1,19})")?\}$/;

function owedBy(dirfd: number, name: Bytes): Owed | undefined {
  const value = getXattr(dirfd, name, HYDRATE_XATTR);
  if (value === undefined) return undefined;
  const [, atime, mtime, capability, since] = record.exec(value.toString('latin1')) ?? [];
  // Not what this program writes: what the file is owed cannot be told, and the entry stays as it is.
  if (atime === undefined || mtime === undefined) throw new SysError('getxattr', EINVAL);
  return {
    atime: BigInt(atime),
    mtime: BigInt(mtime),
    capability: capability ?? null,
    since: since === undefined ? undefined : BigInt(since),
  };
}

/**
 * The lowers that a handle can be of. A handle opens some inode on any file system that takes its form: ext4 lets
 * every generation pass for squashfs' zero. Under `uuid=off` a handle does not tell, unless there is only one.
 */
function holders(site: Site, uuid: Buffer): readonly Layer[] {
  const lowers = site.layers.all.filter(({ role }) => role === 'lower');
  const told = lowers.filter(({ root }) => fileSystemUuid(root)?.equals(uuid) === true);
  if (told.length > 0) return told;
  return new Set(lowers.map(({ root }) => stat(root, SELF).dev)).size === 1 ? lowers : [];
}

function openOrigin(site: Site, entry: Bytes): number {
  const blob = blobOfIndexName(entry);
  const origin = blob === undefined ? 'junk' : parseOverlayHandle(blob);
  if (typeof origin === 'string') throw new SysError('open_by_handle_at', EINVAL, entry);
  for (const { root } of holders(site, origin.uuid)) {
    try {
      return openByHandle(root, origin.handle, O_RDONLY | O_NOFOLLOW | O_NOATIME);
    } catch (error) {
      if (!isSysError(error, 'ESTALE')) throw error;
    }
  }
  throw new SysError('open_by_handle_at', 116, entry);
}
