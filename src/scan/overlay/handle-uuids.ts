import { ascii } from '../../sys/bytes.js';
import { fileSystemUuid } from '../../sys/filesystem.js';
import { handleOf } from '../../sys/handle.js';
import { stat } from '../../sys/stat.js';
import { type OverlayHandle, sameHandle } from '../../union/overlay-handle.js';
import { type SharedUuid, sharedUuids } from './shared-uuid.js';
import { superblockOf } from './superblock.js';

const SELF = ascii('');

/** The UUID of a file system without one, and of every file system under `uuid=off`. */
export const ZERO_UUID = Buffer.alloc(16);

/** The UUIDs in the handles of an overlay's lower files. */
export interface HandleUuids {
  /** One for each root; undefined where nothing tells it, or where it tells of several file systems. */
  readonly uuids: readonly (Buffer | undefined)[];
  readonly shared: readonly SharedUuid[];
}

/**
 * The UUIDs in the handles that an overlay makes of files in its lowers. What it wrote on its upper root is the best
 * witness: under `uuid=off` that is zero whatever the file system says, and where no ioctl tells the UUID it is all
 * there is. It speaks of the top lower's file system and of no other: a squashfs has no UUID, an ext4 below it has.
 *
 * A UUID of several file systems is none: the kernel decodes no handle of theirs either.
 *
 * @param roots - descriptors of the searched lowers' roots, top first
 * @param rootOrigin - the handle of the top lower on the upper root
 * @param uuidOff - what the mount options say, for want of a witness
 */
export function handleUuids(
  roots: readonly number[],
  rootOrigin: OverlayHandle | undefined,
  uuidOff: boolean,
): HandleUuids {
  const own = roots.map(fileSystemUuid);
  const [top] = roots;
  const [topUuid] = own;
  const witness = top === undefined ? undefined : witnessed(top, rootOrigin);
  const off = witness === undefined ? uuidOff : isZero(witness) && topUuid !== undefined && !isZero(topUuid);
  const superblocks = roots.map((root, i) => superblockOf(root, own[i]));
  // Over several file systems a mount takes uuid=off for uuid=null, which is for other handles.
  if (off && new Set(superblocks).size === 1) return { uuids: roots.map(() => ZERO_UUID), shared: [] };
  const dev = top === undefined ? undefined : stat(top, SELF).dev;
  const known = off ? undefined : witness;
  const lowers = roots.map((root, i) => ({
    uuid: own[i] ?? (known !== undefined && stat(root, SELF).dev === dev ? known : undefined),
    superblock: superblocks[i] as string,
  }));
  const shared = sharedUuids(lowers);
  const isShared = (uuid: Buffer): boolean => shared.some((each) => each.uuid.equals(uuid));
  return {
    uuids: lowers.map(({ uuid }) => (uuid === undefined || isShared(uuid) ? undefined : uuid)),
    shared,
  };
}

const isZero = (uuid: Buffer): boolean => uuid.equals(ZERO_UUID);

/** The UUID in the upper root's origin, where that is the given top lower. */
function witnessed(top: number, rootOrigin: OverlayHandle | undefined): Buffer | undefined {
  const handle = rootOrigin === undefined ? undefined : handleOf(top, SELF);
  return handle !== undefined && rootOrigin !== undefined && sameHandle(rootOrigin.handle, handle)
    ? rootOrigin.uuid
    : undefined;
}
