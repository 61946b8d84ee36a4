import { openBlockDevice } from '../../sys/block-device.js';
import { ascii } from '../../sys/bytes.js';
import { fileSystemUuid, magic } from '../../sys/filesystem.js';
import { stat } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { breather } from '../breather.js';
import { Ext4Image } from '../ext4/ext4-image.js';
import { Ext4Tree } from '../ext4/ext4-tree.js';
import type { HandleLayer } from '../overlay/overlay-layers.js';
import type { OnListed } from './list-groups.js';
import { ListedNames } from './listed-names.js';
import type { LowerGroups } from './lower-groups.js';

/** Directories between two looks at the clock. */
const STEP = 64;

/**
 * Lists an ext4 layer as `listGroups` does, from the device.
 *
 * @returns undefined where that cannot be done, or not of every directory
 */
export async function listOnDevice(
  layer: HandleLayer,
  signal: AbortSignal | undefined,
  onListed?: OnListed,
): Promise<LowerGroups | undefined> {
  if (layer.fileSystem !== magic.ext4) return undefined;
  const { dev, ino } = stat(layer.root, ascii(''));
  let image: Ext4Image | undefined;
  try {
    image = Ext4Image.on(openBlockDevice(dev));
    if (image === undefined || fileSystemUuid(layer.root)?.toString('hex') !== image.geometry.uuid)
      return undefined;
    return await list(image, Number(ino), breather(signal), onListed);
  } catch (error) {
    if (isSysError(error)) return undefined;
    throw error;
  } finally {
    image?.close();
  }
}

async function list(
  image: Ext4Image,
  root: number,
  breathe: () => Promise<void> | undefined,
  onListed: OnListed | undefined,
): Promise<LowerGroups | undefined> {
  const listed = new ListedNames();
  const tree = new Ext4Tree(image, root, {
    bits: Uint8Array.of(0xff),
    mask: 7,
    meet(inode) {
      listed.add(inode, 0);
      return true;
    },
  });
  while (tree.step(STEP, ({ path }) => listed.addDirectory(path))) {
    if (listed.tooMany || tree.unread > 0) return undefined;
    const breath = breathe();
    if (breath === undefined) continue;
    onListed?.(listed);
    await breath;
  }
  return tree.unread > 0 ? undefined : listed.groups();
}
