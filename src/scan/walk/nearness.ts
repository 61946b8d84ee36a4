import { type Bytes, componentsOf, parentOf } from '../../sys/bytes.js';

/** How near other directories of a tree are to some. */
export class Nearness {
  /** Each of the directories and all above them, and how deep they are. */
  readonly #above = new Map<Bytes, number>();

  /** @param directories - as paths from the root of the tree */
  constructor(directories: Iterable<Bytes>) {
    for (const directory of directories) {
      let depth = componentsOf(directory).length;
      for (let path = directory; !this.#above.has(path); path = parentOf(path)) {
        this.#above.set(path, depth);
        depth -= 1;
        if (path === '') break;
      }
    }
  }

  /** How many components a directory's path has in common with that of the nearest of them. */
  of(directory: Bytes): number {
    for (let path = directory; path !== ''; path = parentOf(path)) {
      const depth = this.#above.get(path);
      if (depth !== undefined) return depth;
    }
    return 0;
  }
}
