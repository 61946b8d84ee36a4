import { type Bytes, componentsOf, parentOf } from '../../sys/bytes.js';

/** How near the directories of a tree are to some of them: steps up and down. */
export class Nearness {
  /** Of each of these and all above them, the steps up from the nearest. */
  readonly #above = new Map<Bytes, number>();

  /** @param directories - as paths from the root of the tree */
  constructor(directories: Iterable<Bytes>) {
    for (const directory of directories) {
      let steps = 0;
      for (let path = directory; (this.#above.get(path) ?? steps + 1) > steps; path = parentOf(path)) {
        this.#above.set(path, steps);
        steps += 1;
      }
    }
  }

  /** Steps from a directory to the nearest one; 0 where there are none at all. */
  to(directory: Bytes): number {
    const fromRoot = this.#above.get('' as Bytes);
    if (fromRoot === undefined) return 0;
    const depth = componentsOf(directory).length;
    let nearest = depth + fromRoot;
    let path = directory;
    for (let down = 0; down < depth; down += 1) {
      nearest = Math.min(nearest, down + (this.#above.get(path) ?? nearest));
      path = parentOf(path);
    }
    return nearest;
  }
}
