import { ascii } from '../../sys/bytes.js';
import { fileSystemOf, magic } from '../../sys/filesystem.js';
import { stat } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import type { Layer } from '../../union/view-rules.js';
import { openExt4 } from '../ext4/open-ext4.js';

/** Directories for each file below which as many would be looked into as are there: these are walked. */
const FEW = 4;

/** The lowers on each device that is worth a search for so many files. */
export function layersByDevice<T extends Layer>(layers: readonly T[], files: number): Map<bigint, T[]> {
  const groups = new Map<bigint, T[]>();
  for (const layer of layers) {
    if (layer.role !== 'lower' || fileSystemOf(layer.root).type !== magic.ext4) continue;
    const { dev } = stat(layer.root, ascii(''));
    const group = groups.get(dev);
    if (group === undefined) groups.set(dev, [layer]);
    else group.push(layer);
  }
  for (const dev of groups.keys()) if (directoriesOn(dev) < files * FEW) groups.delete(dev);
  return groups;
}

/** How many directories an ext4 has; 0 where its device cannot be read. */
function directoriesOn(dev: bigint): number {
  try {
    const image = openExt4(dev, undefined);
    image?.close();
    return image?.directories ?? 0;
  } catch (error) {
    if (isSysError(error)) return 0;
    throw error;
  }
}
