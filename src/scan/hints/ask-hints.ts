import type { Bytes } from '../../sys/bytes.js';
import type { OverlayHandle } from '../../union/overlay-handle.js';
import type { HandleLayer } from '../overlay/overlay-layers.js';
import type { ScanOptions } from '../scan-options.js';
import { btrfsHints } from './btrfs-hints.js';
import { ext4Hints } from './ext4-hints.js';
import { mayBeIn } from './may-be-in.js';
import type { LateHints, LateSearch, NameHints } from './name-hints.js';
import { xfsHints } from './xfs-hints.js';

/** What file systems tell by themselves. */
export const fileSystemHints: readonly NameHints[] = [btrfsHints, xfsHints, ext4Hints];

/** What was told of one layer, and by whom. */
export interface Told {
  readonly layer: HandleLayer;
  readonly source: NameHints;
  readonly directories: ReadonlySet<Bytes>;
}

/**
 * Asks for each layer the first source that knows something of it.
 *
 * @param origins - tells the files; asked where a source may know any
 */
export async function askHints(
  lowers: readonly HandleLayer[],
  origins: () => readonly OverlayHandle[],
  { hints = fileSystemHints, signal }: ScanOptions,
): Promise<Told[]> {
  const told: Told[] = [];
  let all: readonly OverlayHandle[] | undefined;
  for (const layer of lowers) {
    const sources = hints.filter((source) => mayKnow(source, layer));
    if (layer.role !== 'lower' || sources.length === 0) continue;
    all ??= origins();
    const files = all.filter((origin) => mayBeIn(layer, origin)).map(({ handle }) => handle);
    if (files.length === 0) continue;
    for (const source of sources) {
      const directories = await source.directoriesOf?.(layer, files, signal);
      if (directories === undefined) continue;
      told.push({ layer, source, directories: new Set(directories) });
      break;
    }
  }
  return told;
}

function mayKnow({ directoriesOf, fileSystem }: NameHints, layer: HandleLayer): boolean {
  return directoriesOf !== undefined && (fileSystem === undefined || fileSystem === layer.fileSystem);
}

/** The sources that may tell something of these layers late. */
function lateSources(
  lowers: readonly HandleLayer[],
  files: number,
  { hints = fileSystemHints }: ScanOptions,
): LateHints[] {
  return hints.flatMap(({ late }) => (late?.mayKnow(lowers, files) === true ? [late] : []));
}

/** Whether {@link searchLate} may tell something of so many files. */
export function mayTellLate(lowers: readonly HandleLayer[], files: number, options: ScanOptions): boolean {
  return lateSources(lowers, files, options).length > 0;
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
  const searches = lateSources(lowers, origins.length, options).map((late) =>
    late.search(lowers, origins, ahead),
  );
  const left = [...searches];
  return {
    async next(signal) {
      for (let [search] = left; search !== undefined; [search] = left) {
        const told = await search.next(signal);
        if (told !== undefined) return told;
        left.shift();
      }
      return undefined;
    },
    async end() {
      for (const search of searches) await search.end();
    },
  };
}
