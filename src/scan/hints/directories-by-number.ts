import type { Bytes } from '../../sys/bytes.js';
import type { Layer } from '../../union/view-rules.js';
import { breather } from '../breather.js';
import { Ext4Places } from '../ext4/ext4-places.js';
import { searchExt4 } from '../ext4/search-ext4.js';
import { layersByDevice } from './layers-by-device.js';
import type { LayerInode } from './name-hints.js';
import { searchOnDevice } from './search-on-device.js';

/** Directories of ext4 layers that hold names of these inodes, as `LateHints.byNumber` tells them. */
export async function directoriesByNumber(
  layers: readonly Layer[],
  files: readonly LayerInode[],
  signal: AbortSignal | undefined,
): Promise<Bytes[]> {
  const found: Bytes[] = [];
  for (const [dev, group] of layersByDevice(layers, files.length)) {
    const branches = new Set(group.map(({ branch }) => branch));
    const inodes = new Set(files.filter(({ branch }) => branches.has(branch)).map(({ ino }) => Number(ino)));
    if (inodes.size === 0) continue;
    const places = new Ext4Places();
    await searchExt4({ ...searchOnDevice(dev, group, inodes), insideOnly: true }, places, breather(signal));
    for (const { paths } of places.take().inside) for (const path of paths) found.push(path as Bytes);
  }
  return found;
}
