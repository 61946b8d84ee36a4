import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { inodeKey } from '../../sys/inode-id.js';
import { stat } from '../../sys/stat.js';
import { withOne } from '../../with-one.js';
import { lookInto, lookOutside } from '../hints/look-into.js';
import type { InodeSet } from '../walk/inode-set.js';
import type { EntryNames } from './entry-names.js';
import type { HiddenDirectory, OutsideDirectory } from './likely-places.js';
import { type HandleLayer, indexNameOf } from './overlay-layers.js';

/** Counts names of entries' lower files where no walk comes: they tell that no other is to be looked for. */
export class UnseenNames {
  readonly #byKey: ReadonlyMap<string, EntryNames>;
  readonly #wanted: (branch: number) => InodeSet | 'all' | undefined;
  readonly #onMet: (found: EntryNames) => void;
  /** Names that were counted, by their directories' inodes: one of them twice would stand for another. */
  readonly #counted = new Set<string>();

  /**
   * @param byKey - what is known of each entry, by its name; notes what is found
   * @param wanted - inode numbers that are looked for in a branch
   * @param onMet - for each name
   */
  constructor(
    byKey: ReadonlyMap<string, EntryNames>,
    wanted: (branch: number) => InodeSet | 'all' | undefined,
    onMet: (found: EntryNames) => void,
  ) {
    this.#byKey = byKey;
    this.#wanted = wanted;
    this.#onMet = onMet;
  }

  /** In a directory that the union shows nowhere: they are names of the group, and covered. */
  inHidden({ layer, path }: HiddenDirectory): void {
    lookInto(layer, path, this.#wanted(layer.branch) ?? 'all', (dirfd, name) => {
      const found = this.#entryOf(layer, dirfd, name);
      if (found === undefined) return;
      found.covered = withOne(found.covered, { branch: layer.branch, path: joinBytes(path, name) });
      this.#onMet(found);
    });
  }

  /** In a directory that no lower has. */
  inOutside({ outside, directory }: OutsideDirectory): void {
    const [layer] = outside;
    if (layer === undefined) return;
    lookOutside(outside, directory, this.#wanted(layer.branch) ?? 'all', (dirfd, name) => {
      const found = this.#entryOf(layer, dirfd, name);
      if (found === undefined) return;
      found.outside += 1;
      this.#onMet(found);
    });
  }

  /** The entry that a name belongs to, for a name that was not counted. */
  #entryOf(layer: HandleLayer, dirfd: number, name: Bytes): EntryNames | undefined {
    const key = indexNameOf(layer, dirfd, name);
    const found = key === undefined ? undefined : this.#byKey.get(key);
    if (found === undefined) return undefined;
    const counted = `${inodeKey(stat(dirfd, '' as Bytes))}/${name}`;
    if (this.#counted.has(counted)) return undefined;
    found.lowerNlink = stat(dirfd, name).nlink;
    this.#counted.add(counted);
    return found;
  }
}
