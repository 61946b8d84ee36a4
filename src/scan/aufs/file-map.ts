import type { InodeId } from '../../sys/inode-id.js';
import { InodeMap } from '../../sys/inode-map.js';

/** A map of the inodes of several branches. As texts the keys of 100,000 files would cost half a second. */
export class FileMap<T> {
  readonly #branches: (InodeMap<T> | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(branch: number, id: InodeId): T | undefined {
    return this.#branches[branch]?.get(id);
  }

  /** What is there for an inode; made where nothing is. */
  ensure(branch: number, id: InodeId, make: () => T): T {
    this.#branches[branch] ??= new InodeMap();
    const inodes = this.#branches[branch];
    const known = inodes.get(id);
    if (known !== undefined) return known;
    const made = make();
    inodes.set(id, made);
    this.#size += 1;
    return made;
  }
}
