import { HYDRATE_XATTR } from '../scan/own-marks.js';
import { setTimes } from '../sys/attributes.js';
import type { Bytes } from '../sys/bytes.js';
import { fileSystemUuid } from '../sys/filesystem.js';
import { openByHandle } from '../sys/handle.js';
import { close, O_NOATIME, O_NOFOLLOW, O_RDONLY, O_RDWR, openBeneath, withFd } from '../sys/open.js';
import { punchHole } from '../sys/punch-hole.js';
import { isRegular, stat } from '../sys/stat.js';
import { fsync } from '../sys/sync.js';
import { isSysError, SysError } from '../sys/sys-error.js';
import { copyData } from '../sys/whole-data.js';
import { getXattr, getXattrFd, removeXattr, setXattr } from '../sys/xattr.js';
import { blobOfIndexName, parseOverlayHandle } from '../union/overlay-handle.js';
import type { Layer } from '../union/view-rules.js';
import { fitAttribute } from './fit-attribute.js';
import { SELF, type Site } from './site.js';

const CAPABILITY = 'security.capability';

/** What writing data into an inode takes away, kept on it until it is given back. */
interface Owed {
  readonly atime: string;
  readonly mtime: string;
  /** `security.capability`, hex; any write strips it. */
  readonly capability: string | null;
}

/**
 * Gives a metadata-only inode the data of its lower file: the data first, durable, and only then the mark goes
 * that makes the kernel look into the lower. Stopped anywhere it can be run again; holes stay holes.
 *
 * @throws SysError ESTALE where the lower file is gone, EINVAL where it is no plain data file of that size
 */
export function hydrate(site: Site, branch: number, entry: Bytes): void {
  const prefix = site.prefix ?? '';
  withFd(openBeneath(site.index(branch), entry, O_RDWR | O_NOFOLLOW | O_NOATIME), (fd) => {
    const source = openOrigin(site, entry);
    try {
      const [from, to] = [stat(source, SELF), stat(fd, SELF)];
      if (
        !isRegular(from) ||
        from.size !== to.size ||
        getXattrFd(source, `${prefix}metacopy`) !== undefined
      ) {
        throw new SysError('open_by_handle_at', 22, entry);
      }
      const owed = owedBy(fd) ?? {
        atime: String(to.atime),
        mtime: String(to.mtime),
        capability: getXattr(fd, SELF, CAPABILITY)?.toString('hex') ?? null,
      };
      fitAttribute(fd, SELF, HYDRATE_XATTR, Buffer.from(JSON.stringify(owed)));
      // The target keeps its size throughout: the union takes the size from this inode, also while the data is still
      // the lower's. What an interrupted run wrote is the same data at the same place.
      try {
        copyData(source, fd, Number(from.size));
        // Nobody may write to a lower, but what somebody did would be cut off or torn in the copy.
        const now = stat(source, SELF);
        if (now.size !== from.size || now.ctime !== from.ctime)
          throw new SysError('open_by_handle_at', 22, entry);
        fsync(fd);
      } catch (error) {
        withdraw(fd, owed, isSysError(error, 'ENOSPC', 'EDQUOT') ? Number(to.size) : 0);
        throw error;
      }
      // Own mark first: without the other one no later run would look for it here.
      giveBack(fd, owed);
      removeXattr(fd, SELF, `${prefix}metacopy`);
      fsync(fd);
    } finally {
      close(source);
    }
  });
}

function giveBack(fd: number, owed: Owed): void {
  if (owed.capability !== null) setXattr(fd, SELF, CAPABILITY, Buffer.from(owed.capability, 'hex'));
  setTimes(fd, SELF, BigInt(owed.atime), BigInt(owed.mtime));
  removeXattr(fd, SELF, HYDRATE_XATTR);
}

/**
 * The union still shows the lower's data, so that nothing but time and capability tells of the attempt: they are put
 * right, and a disk that is full gets back what was taken in vain. Otherwise the data stays: where the lower cannot be
 * read any more, what an earlier run wrote may be the last of it. What fails here too waits for the rerun.
 *
 * @param room - bytes to be given back
 */
function withdraw(fd: number, owed: Owed, room: number): void {
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
  /^\{"atime":"(-?\d{1,19})","mtime":"(-?\d{1,19})","capability":(?:null|"((?:[0-9a-f]{2})*)")\}$/;

function owedBy(fd: number): Owed | undefined {
  const value = getXattrFd(fd, HYDRATE_XATTR);
  if (value === undefined) return undefined;
  const [, atime, mtime, capability] = record.exec(value.toString('latin1')) ?? [];
  // Not what this program writes: what the file is owed cannot be told, and the entry stays as it is.
  if (atime === undefined || mtime === undefined) throw new SysError('getxattr', 22);
  return { atime, mtime, capability: capability ?? null };
}

/**
 * The lowers that a handle can be of. A handle opens some inode on any file system that takes its form: ext4 lets
 * every generation pass for squashfs' zero. Under `uuid=off` a handle does not tell, unless there is only one.
 */
function holders(site: Site, uuid: Buffer): readonly Layer[] {
  const lowers = site.layers.all.filter(({ role }) => role !== 'upper');
  const told = lowers.filter(({ root }) => fileSystemUuid(root)?.equals(uuid) === true);
  if (told.length > 0) return told;
  return new Set(lowers.map(({ root }) => stat(root, SELF).dev)).size === 1 ? lowers : [];
}

function openOrigin(site: Site, entry: Bytes): number {
  const blob = blobOfIndexName(entry);
  const origin = blob === undefined ? 'junk' : parseOverlayHandle(blob);
  if (typeof origin === 'string') throw new SysError('open_by_handle_at', 22, entry);
  for (const { root } of holders(site, origin.uuid)) {
    try {
      return openByHandle(root, origin.handle, O_RDONLY | O_NOFOLLOW | O_NOATIME);
    } catch (error) {
      if (!isSysError(error, 'ESTALE')) throw error;
    }
  }
  throw new SysError('open_by_handle_at', 116, entry);
}
