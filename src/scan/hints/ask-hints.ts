import type { Bytes } from '../../sys/bytes.js';
import type { OverlayHandle } from '../../union/overlay-handle.js';
import type { HandleLayer } from '../overlay/overlay-layers.js';
import type { ScanOptions } from '../scan-options.js';
import { btrfsHints } from './btrfs-hints.js';
import type { NameHints } from './name-hints.js';
import { xfsHints } from './xfs-hints.js';

/** What file systems tell by themselves. */
export const fileSystemHints: readonly NameHints[] = [btrfsHints, xfsHints];

/** What was told of one layer, and by whom. */
export interface Told {
  readonly layer: HandleLayer;
  readonly source: NameHints;
  readonly directories: ReadonlySet<Bytes>;
}

/** Whether a file may be one of a layer's file system. */
export function mayBeIn(layer: HandleLayer, origin: OverlayHandle): boolean {
  return layer.uuid === undefined || layer.uuid.equals(origin.uuid);
}

/** Asks for each layer the first source that knows something of it. */
export async function askHints(
  lowers: readonly HandleLayer[],
  origins: readonly OverlayHandle[],
  { hints = fileSystemHints, signal }: ScanOptions,
): Promise<Told[]> {
  const told: Told[] = [];
  for (const layer of lowers) {
    const files = origins.filter((origin) => mayBeIn(layer, origin)).map(({ handle }) => handle);
    if (layer.role !== 'lower' || files.length === 0) continue;
    for (const source of hints) {
      const directories = await source.directoriesOf(layer, files, signal);
      if (directories === undefined) continue;
      told.push({ layer, source, directories: new Set(directories) });
      break;
    }
  }
  return told;
}
