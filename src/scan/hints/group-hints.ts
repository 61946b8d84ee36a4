import type { Bytes } from '../../sys/bytes.js';
import type { Handle } from '../../sys/handle.js';
import { type InodeId, type InodeKey, inodeKey } from '../../sys/inode-id.js';
import { stat } from '../../sys/stat.js';
import { inodeOfHandle } from '../../union/handle-inode.js';
import type { HandleLayer } from '../overlay/overlay-layers.js';
import { listGroups, type OnListed } from './list-groups.js';
import { listOnDevice } from './list-on-device.js';
import type { LowerGroups } from './lower-groups.js';
import type { MetName, NameHints } from './name-hints.js';

/** Where groups are kept from one run to the next. It may forget any, and give wrong ones. */
export interface GroupCache {
  /** Groups of a layer that does not look changed; undefined where none are kept. */
  read(layer: HandleLayer): LowerGroups | undefined;
  /** Whether {@link write} would keep those of a layer. */
  keeps(layer: HandleLayer): boolean;
  write(layer: HandleLayer, groups: LowerGroups): Promise<void>;
}

export interface GroupHintsOptions {
  readonly cache?: GroupCache | undefined;
  readonly onListed?: OnListed | undefined;
  /** Whether directories may be read from the device of their file system; unless told they are. */
  readonly device?: boolean;
}

/**
 * Remembers the hardlink groups of lowers that are looked at more than once: of those that several unions of a run
 * share, and with a cache of those that later runs will look at. A lower is listed once, when the first name is
 * sought in it.
 */
export class GroupHints implements NameHints {
  readonly #cache: GroupCache | undefined;
  readonly #onListed: OnListed | undefined;
  readonly #device: boolean;
  readonly #uses = new Map<InodeKey, number>();
  readonly #groups = new Map<InodeKey, Promise<LowerGroups | undefined>>();

  constructor({ cache, onListed, device = true }: GroupHintsOptions = {}) {
    this.#cache = cache;
    this.#onListed = onListed;
    this.#device = device;
  }

  /** Tells that a union has this directory as a lower. */
  expect(lower: InodeId): void {
    const key = inodeKey(lower);
    this.#uses.set(key, (this.#uses.get(key) ?? 0) + 1);
  }

  async directoriesOf(
    layer: HandleLayer,
    files: readonly Handle[],
    signal: AbortSignal | undefined,
  ): Promise<Iterable<Bytes> | undefined> {
    const groups = await this.#groupsOf(layer, signal);
    if (groups === undefined) return undefined;
    const directories = new Set<Bytes>();
    for (const file of files) {
      const inode = inodeOfHandle(file, layer.fileSystem);
      if (inode === undefined) continue;
      for (const directory of groups.directoriesOf(inode)) directories.add(directory);
    }
    return directories;
  }

  /** A name where none was known: the lower has changed, or somebody lied, and it is listed anew. */
  async onMet(layer: HandleLayer, met: readonly MetName[], signal: AbortSignal | undefined): Promise<void> {
    const groups = await this.#groupsOf(layer, signal);
    if (groups === undefined) return;
    const byInode = new Map<bigint, Bytes[]>();
    for (const { file, directory } of met) {
      const inode = inodeOfHandle(file, layer.fileSystem);
      if (inode === undefined) continue;
      const directories = byInode.get(inode);
      if (directories === undefined) byInode.set(inode, [directory]);
      else directories.push(directory);
    }
    const right = [...byInode].every(([inode, directories]) => {
      const known = new Set(groups.directoriesOf(inode));
      // A single name makes no group.
      return directories.length < 2 || directories.every((directory) => known.has(directory));
    });
    if (right) return;
    this.#groups.delete(keyOf(layer));
    if (this.#cache?.keeps(layer) === true) await this.#remember(layer, this.#list(layer, signal));
  }

  #groupsOf(layer: HandleLayer, signal: AbortSignal | undefined): Promise<LowerGroups | undefined> {
    const known = this.#groups.get(keyOf(layer));
    if (known !== undefined) return known;
    if (!layer.trueInodes) return Promise.resolve(undefined);
    const cached = this.#cache?.read(layer);
    if (cached !== undefined) return this.#remember(layer, Promise.resolve(cached));
    const worth = (this.#uses.get(keyOf(layer)) ?? 0) > 1 || this.#cache?.keeps(layer) === true;
    return worth ? this.#remember(layer, this.#list(layer, signal)) : Promise.resolve(undefined);
  }

  async #list(layer: HandleLayer, signal: AbortSignal | undefined): Promise<LowerGroups | undefined> {
    const read = this.#device ? await listOnDevice(layer, signal, this.#onListed) : undefined;
    const groups = read ?? (await listGroups(layer, signal, this.#onListed));
    if (groups !== undefined && this.#cache?.keeps(layer) === true) await this.#cache.write(layer, groups);
    return groups;
  }

  /** Unions on two disks may want the same lower at the same time. */
  #remember(layer: HandleLayer, groups: Promise<LowerGroups | undefined>): Promise<LowerGroups | undefined> {
    const key = keyOf(layer);
    this.#groups.set(key, groups);
    groups.catch(() => this.#groups.delete(key));
    return groups;
  }
}

function keyOf({ root }: HandleLayer): InodeKey {
  return inodeKey(stat(root, '' as Bytes));
}
