import type { Bytes } from '../../sys/bytes.js';
import { inodeKey } from '../../sys/inode-id.js';
import { stat } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { inodeOfHandle } from '../../union/handle-inode.js';
import { blobOfIndexName, parseOverlayHandle } from '../../union/overlay-handle.js';
import type { OverlayUnion } from '../../union/union.js';
import type { ScanOptions } from '../scan.js';
import { bareRules } from '../walk/bare-rules.js';
import { InodeSet } from '../walk/inode-set.js';
import { runWalk } from '../walk/run-walk.js';
import type { WalkDirectory, WalkVisitor } from '../walk/walk.js';
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
    const counts = new Map<Bytes, LowerLinks>();
    const met = new Set<string>();
    for (const layer of overlay.lowers.filter(({ role }) => role === 'lower')) {
      const root = overlay.layers.roots.find((each) => each.layer.branch === layer.branch);
      if (root === undefined) continue;
      await runWalk([root], bareRules, new Counter(layer, entries, counts, met), options);
    }
    return counts;
  } finally {
    overlay.close();
  }
}

class Counter implements WalkVisitor {
  readonly #layer: HandleLayer;
  readonly #entries: ReadonlySet<string>;
  readonly #counts: Map<Bytes, LowerLinks>;
  readonly #met: Set<string>;
  readonly #wanted: InodeSet | 'all';

  constructor(
    layer: HandleLayer,
    entries: readonly Bytes[],
    counts: Map<Bytes, LowerLinks>,
    met: Set<string>,
  ) {
    this.#layer = layer;
    this.#entries = new Set(entries);
    this.#counts = counts;
    this.#met = met;
    this.#wanted = wantedIn(layer, entries);
  }

  wanted(): InodeSet | 'all' {
    return this.#wanted;
  }

  onName({ stack }: WalkDirectory, position: number, name: Bytes): void {
    const at = stack[position];
    if (at === undefined) return;
    try {
      const key = indexNameOf(this.#layer, at.fd, name) as Bytes | undefined;
      if (key === undefined || !this.#entries.has(key)) return;
      // One lower may lie inside of another.
      const place = `${inodeKey(stat(at.fd, '' as Bytes))}/${name}`;
      if (this.#met.has(place)) return;
      this.#met.add(place);
      const { nlink } = stat(at.fd, name);
      this.#counts.set(key, { seen: (this.#counts.get(key)?.seen ?? 0) + 1, nlink });
    } catch (error) {
      // A name less that is known: what depends on it is kept.
      if (!isSysError(error)) throw error;
    }
  }

  onUnreadable(): void {}
}

function wantedIn(layer: HandleLayer, entries: readonly Bytes[]): InodeSet | 'all' {
  if (!layer.trueInodes) return 'all';
  const inodes: bigint[] = [];
  for (const entry of entries) {
    const blob = blobOfIndexName(entry);
    const origin = blob === undefined ? 'junk' : parseOverlayHandle(blob);
    if (typeof origin === 'string') continue;
    const inode = inodeOfHandle(origin.handle, layer.fileSystem);
    if (inode === undefined) return 'all';
    inodes.push(inode);
  }
  return new InodeSet(inodes);
}
