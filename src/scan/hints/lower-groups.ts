import type { Bytes } from '../../sys/bytes.js';

/** Where the names of files with more than one name in a layer are. */
export class LowerGroups {
  /** Paths from the layer's root. */
  readonly directories: readonly Bytes[];
  /** By inode number: positions in `directories`. */
  readonly places: ReadonlyMap<bigint, readonly number[]>;

  constructor(directories: readonly Bytes[], places: ReadonlyMap<bigint, readonly number[]>) {
    this.directories = directories;
    this.places = places;
  }

  /** Directories that hold names of an inode; none for one that has a single name. */
  directoriesOf(inode: bigint): Bytes[] {
    return (this.places.get(inode) ?? []).flatMap((place) => this.directories[place] ?? []);
  }
}
