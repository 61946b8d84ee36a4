import { mayReadBlockDevice } from '../../sys/block-device.js';
import { ascii, type Bytes } from '../../sys/bytes.js';
import { fileSystemUuid, magic } from '../../sys/filesystem.js';
import type { Handle } from '../../sys/handle.js';
import { stat } from '../../sys/stat.js';
import { inodeOfHandle } from '../../union/handle-inode.js';
import type { OverlayHandle } from '../../union/overlay-handle.js';
import { breather } from '../breather.js';
import { type Ext4Places, type Ext4Search, searchExt4 } from '../ext4/search-ext4.js';
import { SearchThread } from '../ext4/search-thread.js';
import type { HandleLayer } from '../overlay/overlay-layers.js';
import type { LateSearch, LikelyDirectory, NameHints } from './name-hints.js';

const FILEID_INO32_GEN = 0x01;

/**
 * Reads the directories of an ext4 from its device: three times as fast as they are walked. It needs the rights to the
 * device, which root has on a host and mostly not in a container.
 */
export const ext4Hints: NameHints = {
  late: {
    mayKnow: (layers) => layersByDevice(layers).size > 0,
    search: (layers, files, ahead) => {
      const groups = [...layersByDevice(layers)];
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

  async directories(signal: AbortSignal | undefined): Promise<LikelyDirectory[]> {
    const places =
      this.#thread === undefined ? await this.#searchHere(signal) : await this.#thread.places(signal);
    return this.#groups.flatMap((layers, i) => likely(layers, places?.[i]));
  }

  async end(): Promise<void> {
    await this.#thread?.end();
  }

  async #searchHere(signal: AbortSignal | undefined): Promise<Ext4Places[]> {
    const breathe = breather(signal);
    const places: Ext4Places[] = [];
    for (const search of this.#searches) places.push(await searchExt4(search, breathe));
    return places;
  }
}

/** The lowers on each device that can be read. */
function layersByDevice(layers: readonly HandleLayer[]): Map<bigint, HandleLayer[]> {
  const groups = new Map<bigint, HandleLayer[]>();
  for (const layer of layers) {
    if (layer.role !== 'lower' || layer.fileSystem !== magic.ext4) continue;
    const { dev } = stat(layer.root, ascii(''));
    const group = groups.get(dev);
    if (group === undefined) groups.set(dev, [layer]);
    else group.push(layer);
  }
  for (const dev of groups.keys()) if (!mayReadBlockDevice(dev)) groups.delete(dev);
  return groups;
}

function searchFor(dev: bigint, layers: readonly HandleLayer[], files: readonly OverlayHandle[]): Ext4Search {
  const inodes = new Set<number>();
  for (const { uuid, handle } of files) {
    if (!layers.some((layer) => layer.uuid === undefined || layer.uuid.equals(uuid))) continue;
    const inode = inodeOfHandle(handle, magic.ext4);
    if (inode !== undefined) inodes.add(Number(inode));
  }
  return {
    dev,
    uuid: layers[0] === undefined ? undefined : fileSystemUuid(layers[0].root)?.toString('hex'),
    roots: layers.map(rootInode),
    inodes: [...inodes].sort((a, b) => a - b),
  };
}

function rootInode({ root }: HandleLayer): number {
  return Number(stat(root, ascii('')).ino);
}

function likely(layers: readonly HandleLayer[], places: Ext4Places | undefined): LikelyDirectory[] {
  const told: LikelyDirectory[] = [];
  for (const { root, paths } of places?.inside ?? []) {
    const layer = layers.find((each) => rootInode(each) === root);
    if (layer !== undefined) for (const path of paths) told.push({ layer, path: path as Bytes });
  }
  for (const { inode, generation } of places?.outside ?? [])
    told.push({ outside: layers, directory: directoryHandle(inode, generation) });
  return told;
}

function directoryHandle(inode: number, generation: number): Handle {
  const fid = Buffer.alloc(8);
  fid.writeUInt32LE(inode, 0);
  fid.writeUInt32LE(generation, 4);
  return { type: FILEID_INO32_GEN, fid };
}
