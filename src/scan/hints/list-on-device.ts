import { ascii } from '../../sys/bytes.js';
import { fileSystemUuid, magic } from '../../sys/filesystem.js';
import { stat } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { breather } from '../breather.js';
import type { Sought } from '../ext4/directory-reader.js';
import type { Ext4Image } from '../ext4/ext4-image.js';
import { Ext4Tree } from '../ext4/ext4-tree.js';
import { openExt4 } from '../ext4/open-ext4.js';
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
  const listed = new ListedNames();
  const breathe = breather(signal, () => onListed?.(listed));
  let image: Ext4Image | undefined;
  try {
    image = openExt4(dev, fileSystemUuid(layer.root)?.toString('hex'));
    const reader = image?.reader();
    if (reader === undefined) return undefined;
    const tree = new Ext4Tree(reader, Number(ino), everyName(listed));
    while (tree.step(STEP, ({ path }) => listed.addDirectory(path))) {
      if (listed.tooMany || tree.unread > 0) return undefined;
      await breathe();
    }
    return tree.unread > 0 ? undefined : listed.groups();
  } catch (error) {
    if (isSysError(error)) return undefined;
    throw error;
  } finally {
    image?.close();
  }
}

function everyName(listed: ListedNames): Sought {
  return {
    bits: Uint8Array.of(0xff),
    mask: 7,
    meet(inodes) {
      listed.addAll(inodes);
      return inodes.length;
    },
  };
}
