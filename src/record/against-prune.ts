import { openLayers } from '../scan/open-layers.js';
import { entryFinder, fileId, layersId, type RecordedEntry, type UnionRecord } from '../scan/recorded.js';
import type { IndexEntry, ScanResult } from '../scan/result.js';
import type { Bytes } from '../sys/bytes.js';
import { withFd } from '../sys/open.js';
import { PLINK_DIRECTORY } from '../union/aufs-names.js';
import { openQuietly } from '../union/open-layer-directory.js';
import { withFates } from './overlay-fates.js';
import { openOverlayIndex } from './overlay-index-directory.js';

/** What records tell of orphans. */
export interface PruneRecord {
  /** Names that an orphan once had. */
  readonly knownNames: ReadonlyMap<IndexEntry, readonly Bytes[]>;
  /** What speaks against the removal of one, in a sentence. */
  readonly disagreements: ReadonlyMap<IndexEntry, string>;
}

/** Asks the record of a union about the orphans that a scan found. */
export function againstPrune(scan: ScanResult, record: UnionRecord | undefined): PruneRecord {
  const knownNames = new Map<IndexEntry, readonly Bytes[]>();
  const disagreements = new Map<IndexEntry, string>();
  const known = record === undefined ? [] : recordedOrphans(scan, record);
  for (const [entry, { names }] of known) knownNames.set(entry, names);
  const { union } = scan;
  if (union.format === 'overlay' && known.length > 0) {
    const given = givenLayers(scan);
    withFates(union, (fate) => {
      for (const [entry, { names, layers }] of known) {
        if (layers !== given) {
          disagreements.set(entry, 'it was recorded with other branches than those given');
          continue;
        }
        // Hidden aliases of a lower file that is still there prove by themselves who removed the names.
        if (entry.overlay?.originExists === true) continue;
        const lost = names.find((path) => fate(path)?.is !== 'hidden');
        if (lost === undefined) continue;
        disagreements.set(
          entry,
          `the record has /${lost} as a name of it, and nothing in the union removed that: a lower was changed (plinkctl record --anew, if that was meant)`,
        );
      }
    });
  }
  return { knownNames, disagreements };
}

function givenLayers({ union }: ScanResult): string {
  const layers = openLayers(union);
  try {
    return layersId(layers.all);
  } finally {
    layers.close();
  }
}

function recordedOrphans(scan: ScanResult, record: UnionRecord): [IndexEntry, RecordedEntry][] {
  const orphans = scan.entries.filter(({ state }) => state === 'orphan');
  if (orphans.length === 0) return [];
  const find = entryFinder(record);
  const found: [IndexEntry, RecordedEntry][] = [];
  const { union } = scan;
  const layers = openLayers(union);
  try {
    for (const branch of new Set(orphans.map((entry) => entry.branch))) {
      const root = layers.all[branch]?.root;
      if (root === undefined) continue;
      const fd = union.format === 'overlay' ? openOverlayIndex(union) : openQuietly(root, PLINK_DIRECTORY);
      withFd(fd, (index) => {
        for (const entry of orphans) {
          const told = find(entry.branch, entry.name);
          if (entry.branch === branch && told !== undefined && told.file === fileId(index, entry.name)) {
            found.push([entry, told]);
          }
        }
      });
    }
  } finally {
    layers.close();
  }
  return found;
}
