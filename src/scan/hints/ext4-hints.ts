import type { Bytes } from '../../sys/bytes.js';
import { magic } from '../../sys/filesystem.js';
import type { Handle } from '../../sys/handle.js';
import { inodeOfHandle } from '../../union/handle-inode.js';
import type { OverlayHandle } from '../../union/overlay-handle.js';
import { breather } from '../breather.js';
import { Ext4Places, type FoundPlaces } from '../ext4/ext4-places.js';
import { type Ext4Search, searchExt4 } from '../ext4/search-ext4.js';
import { type Ext4Found, SearchThread } from '../ext4/search-thread.js';
import type { HandleLayer } from '../overlay/overlay-layers.js';
import { directoriesByNumber } from './directories-by-number.js';
import { layersByDevice } from './layers-by-device.js';
import { mayBeIn } from './may-be-in.js';
import type { LateSearch, LikelyDirectory, NameHints } from './name-hints.js';
import { rootInode, searchOnDevice } from './search-on-device.js';

const FILEID_INO32_GEN = 0x01;

/**
 * Reads the directories of an ext4 from its device: five times as fast as they are walked. It needs the rights to the
 * device, which root has on a host and mostly not in a container.
 */
export const ext4Hints: NameHints = {
  late: {
    mayKnow: (layers, files) => layersByDevice(layers, files).size > 0,
    byNumber: directoriesByNumber,
    search: (layers, files, ahead) => {
      const groups = [...layersByDevice(layers, files.length)];
      const searches = groups.map(([dev, group]) => searchFor(dev, group, files));
      const thread = ahead ? SearchThread.start(searches) : undefined;
      return new Search(
        groups.map(([, group]) => group),
        searches,
        thread,
      );
    },
  },
};

class Search implements LateSearch {
  readonly #groups: readonly (readonly HandleLayer[])[];
  readonly #searches: readonly Ext4Search[];
  readonly #thread: SearchThread | undefined;
  /** How many searches are over, of those that this thread does. */
  #done = 0;

  /** @param groups - the layers that each search is about */
  constructor(
    groups: readonly (readonly HandleLayer[])[],
    searches: readonly Ext4Search[],
    thread: SearchThread | undefined,
  ) {
    this.#groups = groups;
    this.#searches = searches;
    this.#thread = thread;
  }

  async next(signal: AbortSignal | undefined): Promise<LikelyDirectory[] | undefined> {
    for (;;) {
      const found =
        this.#thread === undefined ? await this.#searchHere(signal) : await this.#thread.next(signal);
      if (found === undefined) return undefined;
      const told = likely(this.#groups[found.search] ?? [], found.places);
      if (told.length > 0) return told;
    }
  }

  async end(): Promise<void> {
    await this.#thread?.end();
  }

  async #searchHere(signal: AbortSignal | undefined): Promise<Ext4Found | undefined> {
    const at = this.#done;
    const search = this.#searches[at];
    if (search === undefined) return undefined;
    this.#done += 1;
    const places = new Ext4Places();
    await searchExt4(search, places, breather(signal));
    return { search: at, places: places.take() };
  }
}

function searchFor(dev: bigint, layers: readonly HandleLayer[], files: readonly OverlayHandle[]): Ext4Search {
  const inodes = new Set<number>();
  for (const file of files) {
    if (!layers.some((layer) => mayBeIn(layer, file))) continue;
    const inode = inodeOfHandle(file.handle, magic.ext4);
    if (inode !== undefined) inodes.add(Number(inode));
  }
  return searchOnDevice(dev, layers, inodes);
}

function likely(layers: readonly HandleLayer[], places: FoundPlaces): LikelyDirectory[] {
  const told: LikelyDirectory[] = [];
  for (const { root, paths } of places.inside) {
    const layer = layers.find((each) => rootInode(each) === root);
    if (layer !== undefined) for (const path of paths) told.push({ layer, path: path as Bytes });
  }
  for (const { inode, generation } of places.outside)
    told.push({ outside: layers, directory: directoryHandle(inode, generation) });
  return told;
}

function directoryHandle(inode: number, generation: number): Handle {
  const fid = Buffer.alloc(8);
  fid.writeUInt32LE(inode, 0);
  fid.writeUInt32LE(generation, 4);
  return { type: FILEID_INO32_GEN, fid };
}
