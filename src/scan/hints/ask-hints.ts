import type { Bytes } from '../../sys/bytes.js';
import type { OverlayHandle } from '../../union/overlay-handle.js';
import type { HandleLayer } from '../overlay/overlay-layers.js';
import type { ScanOptions } from '../scan-options.js';
import { btrfsHints } from './btrfs-hints.js';
import { ext4Hints } from './ext4-hints.js';
import type { LateHints, LateSearch, LikelyDirectory, NameHints } from './name-hints.js';
import { xfsHints } from './xfs-hints.js';

/** What file systems tell by themselves. */
export const fileSystemHints: readonly NameHints[] = [btrfsHints, xfsHints, ext4Hints];

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
      const directories = await source.directoriesOf?.(layer, files, signal);
      if (directories === undefined) continue;
      told.push({ layer, source, directories: new Set(directories) });
      break;
    }
  }
  return told;
}

/** The sources that may tell something of these layers late. */
function lateSources(lowers: readonly HandleLayer[], { hints = fileSystemHints }: ScanOptions): LateHints[] {
  return hints.flatMap(({ late }) => (late?.mayKnow(lowers) === true ? [late] : []));
}

/** Whether {@link searchLate} may tell something. */
export function mayTellLate(lowers: readonly HandleLayer[], options: ScanOptions): boolean {
  return lateSources(lowers, options).length > 0;
}

/**
 * Has all sources search that tell something late.
 *
 * @param ahead - see {@link LateHints.search}
 */
export function searchLate(
  lowers: readonly HandleLayer[],
  origins: readonly OverlayHandle[],
  options: ScanOptions,
  ahead: boolean,
): LateSearch {
  const searches = lateSources(lowers, options).map((late) => late.search(lowers, origins, ahead));
  return {
    async directories(signal) {
      const told: LikelyDirectory[] = [];
      for (const search of searches) for (const each of await search.directories(signal)) told.push(each);
      return told;
    },
    async end() {
      for (const search of searches) await search.end();
    },
  };
}
