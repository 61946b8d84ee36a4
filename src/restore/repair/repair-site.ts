import { INDEX } from '../../scan/overlay/overlay-index.js';
import type { SeenSpot, Spot } from '../../scan/repair-action.js';
import { ascii, type Bytes, baseOf, joinBytes, parentOf } from '../../sys/bytes.js';
import { sameInode } from '../../sys/inode-id.js';
import { close, openDirectory } from '../../sys/open.js';
import { statIfThere } from '../../sys/stat.js';
import { syncfs } from '../../sys/sync.js';
import { SysError } from '../../sys/sys-error.js';
import { PLINK_DIRECTORY } from '../../union/aufs-names.js';
import { openLongPath } from '../../union/open-layer-directory.js';
import type { Union } from '../../union/union.js';
import { openSite, type Site } from '../site.js';

/** A file of a repair, found again: its open parent and its name there; `''` for the parent itself. */
export interface Found {
  readonly dirfd: number;
  readonly name: Bytes;
  close(): void;
}

/** The file at a spot is not the one that was looked at. */
export class SpotChanged extends Error {
  readonly code = 'SPOT_CHANGED' as const;
  override readonly name = 'SpotChanged';
}

/** The directories of a union, open for a repair. */
export interface RepairSite {
  readonly site: Site;
  /**
   * @throws SpotChanged where another file is there, or none
   */
  find(spot: SeenSpot): Found;
  /** The directory that a spot's path begins at. */
  rootOf(spot: Spot): number;
  /** Absolute path of a spot. */
  pathOf(spot: Spot): Bytes;
  /** Makes all changes durable. An attribute is in its own inode, which a directory's fsync does not reach. */
  sync(): void;
  close(): void;
}

/** Opens a union for repairs. */
export function openRepairSite(union: Union): RepairSite {
  const site = openSite(union);
  let work: number | undefined;
  try {
    work = union.format === 'overlay' ? openDirectory(union.work) : undefined;
  } catch (error) {
    site.close();
    throw error;
  }
  return {
    site,
    find(spot) {
      const dirfd = openLongPath(rootOf(site, work, spot), parentOf(spot.path));
      const name = baseOf(spot.path);
      const now = statIfThere(dirfd, name);
      if (now !== undefined && sameInode(now, spot.inode)) return { dirfd, name, close: () => close(dirfd) };
      close(dirfd);
      throw new SpotChanged(now === undefined ? 'is gone since it was looked at' : 'is another file by now');
    },
    rootOf: (spot) => rootOf(site, work, spot),
    pathOf: (spot) => joinBytes(directoryOf(union, spot), spot.path),
    sync() {
      for (const { role, root } of site.layers.all) if (role === 'upper') syncfs(root);
    },
    close() {
      if (work !== undefined) close(work);
      site.close();
    },
  };
}

function rootOf(site: Site, work: number | undefined, spot: Spot): number {
  if (spot.in === 'index') return site.index(spot.branch);
  if (spot.in === 'branch') return site.layer(spot.branch).root;
  if (work === undefined) throw new SysError('openat2', 2, spot.path);
  return work;
}

function directoryOf(union: Union, spot: Spot): Bytes {
  const branch = union.branches[spot.branch]?.path ?? ascii('');
  if (union.format === 'overlay') {
    if (spot.in === 'work') return union.work;
    return spot.in === 'index' ? joinBytes(union.work, INDEX) : branch;
  }
  return spot.in === 'index' ? joinBytes(branch, PLINK_DIRECTORY) : branch;
}
