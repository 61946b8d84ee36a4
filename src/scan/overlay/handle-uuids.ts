import { ascii } from '../../sys/bytes.js';
import { fileSystemUuid } from '../../sys/filesystem.js';
import { handleOf } from '../../sys/handle.js';
import { stat } from '../../sys/stat.js';
import { type OverlayHandle, sameHandle } from '../../union/overlay-handle.js';

const SELF = ascii('');

/** The UUID of a file system without one, and of every file system under `uuid=off`. */
export const ZERO_UUID = Buffer.alloc(16);

/**
 * The UUIDs in the handles that an overlay makes of files in its lowers. What it wrote on its upper root is the best
 * witness: under `uuid=off` that is zero whatever the file system says, and where no ioctl tells the UUID it is all
 * there is. It speaks of the top lower's file system and of no other: a squashfs has no UUID, an ext4 below it has.
 *
 * @param roots - descriptors of the lowers' roots, top first
 * @param rootOrigin - the handle of the top lower on the upper root
 * @param uuidOff - what the mount options say, for want of a witness
 * @returns one for each root; undefined where nothing tells
 */
export function handleUuids(
  roots: readonly number[],
  rootOrigin: OverlayHandle | undefined,
  uuidOff: boolean,
): (Buffer | undefined)[] {
  const own = roots.map(fileSystemUuid);
  const [top] = roots;
  const [topUuid] = own;
  const witness = top === undefined ? undefined : witnessed(top, rootOrigin);
  const off = witness === undefined ? uuidOff : isZero(witness) && topUuid !== undefined && !isZero(topUuid);
  if (off) return roots.map(() => ZERO_UUID);
  if (top === undefined || witness === undefined) return own;
  const { dev } = stat(top, SELF);
  return own.map((uuid, i) => uuid ?? (stat(roots[i] as number, SELF).dev === dev ? witness : undefined));
}

const isZero = (uuid: Buffer): boolean => uuid.equals(ZERO_UUID);

/** The UUID in the upper root's origin, where that is the given top lower. */
function witnessed(top: number, rootOrigin: OverlayHandle | undefined): Buffer | undefined {
  const handle = rootOrigin === undefined ? undefined : handleOf(top, SELF);
  return handle !== undefined && rootOrigin !== undefined && sameHandle(rootOrigin.handle, handle)
    ? rootOrigin.uuid
    : undefined;
}
