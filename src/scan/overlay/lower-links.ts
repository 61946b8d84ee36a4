import type { Bytes } from '../../sys/bytes.js';
import { inodeKey } from '../../sys/inode-id.js';
import { stat } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { inodeOfHandle } from '../../union/handle-inode.js';
import { blobOfIndexName, type OverlayHandle, parseOverlayHandle } from '../../union/overlay-handle.js';
import type { OverlayUnion } from '../../union/union.js';
import { askHints, searchLate } from '../hints/ask-hints.js';
import { lookInto } from '../hints/look-into.js';
import type { ScanOptions } from '../scan-options.js';
import { bareRules } from '../walk/bare-rules.js';
import { InodeSet } from '../walk/inode-set.js';
import { runWalk } from '../walk/run-walk.js';
import type { WalkDirectory, WalkVisitor } from '../walk/walk-visitor.js';
import { type HandleLayer, indexNameOf, openOverlayLayers } from './overlay-layers.js';

/** Names of a lower file in the given lowers, hidden ones included, and its links in all. */
export interface LowerLinks {
  readonly seen: number;
  readonly nlink: number;
}

/**
 * Counts the names that the lower files of index entries have in the given lowers, wherever they are hidden. A file
 * that opens by its handle may as well be one of a lower that was left out, on the same file system.
 *
 * @param entries - names of index entries; those whose lower file was not met are not in the result
 */
export async function lowerLinks(
  union: OverlayUnion,
  entries: readonly Bytes[],
  options: ScanOptions,
): Promise<Map<Bytes, LowerLinks>> {
  const overlay = openOverlayLayers(union);
  try {
    const tally = new Tally(entries);
    const counters = overlay.lowers
      .filter(({ role }) => role === 'lower')
      .map((layer) => new Counter(layer, tally));
    const origins = [...tally.origins.values()];
    const layers = counters.map(({ layer }) => layer);
    const told = await askHints(layers, () => origins, options);
    const look = (layer: HandleLayer, path: Bytes): void => {
      const counter = counters.find((each) => each.layer === layer);
      lookInto(layer, path, counter?.wanted() ?? 'all', (dirfd, name) => counter?.count(dirfd, name));
    };
    for (const { layer, directories } of told) for (const path of directories) look(layer, path);
    if (!tally.complete) await lookLate(layers, origins, look, options);
    for (const counter of counters) {
      const root = overlay.layers.roots.find((each) => each.layer.branch === counter.layer.branch);
      if (root !== undefined && !tally.complete) await runWalk([root], bareRules, counter, options);
    }
    return tally.counts;
  } finally {
    overlay.close();
  }
}

/** Looks where those tell that names are who take longer. */
async function lookLate(
  layers: readonly HandleLayer[],
  origins: readonly OverlayHandle[],
  look: (layer: HandleLayer, path: Bytes) => void,
  options: ScanOptions,
): Promise<void> {
  const search = searchLate(layers, origins, options, false);
  try {
    for (let told = await search.next(options.signal); told !== undefined; ) {
      for (const each of told) if ('path' in each) look(each.layer, each.path);
      told = await search.next(options.signal);
    }
  } finally {
    await search.end();
  }
}

/** What was counted in all lowers. */
class Tally {
  readonly counts = new Map<Bytes, LowerLinks>();
  /** By name of the entry; undefined for a name that is no handle. */
  readonly origins = new Map<Bytes, OverlayHandle>();
  readonly #entries: ReadonlySet<Bytes>;
  readonly #met = new Set<string>();
  #whole = 0;

  constructor(entries: readonly Bytes[]) {
    this.#entries = new Set(entries);
    for (const entry of entries) {
      const blob = blobOfIndexName(entry);
      const origin = blob === undefined ? 'junk' : parseOverlayHandle(blob);
      if (typeof origin !== 'string') this.origins.set(entry, origin);
    }
  }

  /** Whether every link of every file was met: then there are no more anywhere. */
  get complete(): boolean {
    return this.#whole === this.#entries.size;
  }

  /** The entry that a lower name belongs to. */
  entryOf(layer: HandleLayer, dirfd: number, name: Bytes): Bytes | undefined {
    const key = indexNameOf(layer, dirfd, name) as Bytes | undefined;
    return key !== undefined && this.#entries.has(key) ? key : undefined;
  }

  /** @param place - tells one name from all others, by whatever way it was come upon */
  add(entry: Bytes, place: string, nlink: number): void {
    if (this.#met.has(place)) return;
    this.#met.add(place);
    const seen = (this.counts.get(entry)?.seen ?? 0) + 1;
    this.counts.set(entry, { seen, nlink });
    if (seen === nlink) this.#whole += 1;
  }
}

class Counter implements WalkVisitor {
  readonly layer: HandleLayer;
  readonly #tally: Tally;
  readonly #wanted: InodeSet | 'all';

  constructor(layer: HandleLayer, tally: Tally) {
    this.layer = layer;
    this.#tally = tally;
    this.#wanted = wantedIn(layer, tally.origins.values());
  }

  wanted(): InodeSet | 'all' {
    return this.#wanted;
  }

  complete(): boolean {
    return this.#tally.complete;
  }

  onName({ stack }: WalkDirectory, position: number, name: Bytes): void {
    const at = stack[position];
    if (at !== undefined) this.count(at.fd, name);
  }

  /** Counts a name if it is one of a sought file, and was not met before. */
  count(dirfd: number, name: Bytes): void {
    try {
      const entry = this.#tally.entryOf(this.layer, dirfd, name);
      if (entry === undefined) return;
      // One lower may lie inside of another.
      const place = `${inodeKey(stat(dirfd, '' as Bytes))}/${name}`;
      this.#tally.add(entry, place, stat(dirfd, name).nlink);
    } catch (error) {
      // A name less that is known: what depends on it is kept.
      if (!isSysError(error)) throw error;
    }
  }

  onUnreadable(): void {}
}

function wantedIn(layer: HandleLayer, origins: Iterable<OverlayHandle>): InodeSet | 'all' {
  if (!layer.trueInodes) return 'all';
  const inodes: bigint[] = [];
  for (const { handle } of origins) {
    const inode = inodeOfHandle(handle, layer.fileSystem);
    if (inode === undefined) return 'all';
    inodes.push(inode);
  }
  return InodeSet.of(inodes);
}
