import { type Bytes, joinBytes } from '../../sys/bytes.js';
import type { DirectoryReader, Sought } from './directory-reader.js';

/** A directory that holds a wanted name. */
export interface FoundDirectory {
  readonly inode: number;
  readonly generation: number;
  /** From the tree's root. */
  readonly path: Bytes;
}

/**
 * Reads the directories of a tree from the device, level by level and in the order of their inodes, which lets a disk
 * read on.
 */
export class Ext4Tree {
  readonly #reader: DirectoryReader;
  readonly #passesOver: ReadonlySet<number>;
  readonly #paths = new Map<number, Bytes>();
  /** Those of the level that is read: place and inode of each. */
  #level: Uint32Array;
  #next = 0;
  /** Where the next level's are kept, and how many belong to this level and those above. */
  #below: number;
  #known = 1;
  #unread = 0;

  /**
   * @param reader - belongs to this tree, until it has another
   * @param root - inode
   * @param sought - is told of the names that are met
   * @param passesOver - inodes of directories that are left out with all below them
   */
  constructor(
    reader: DirectoryReader,
    root: number,
    sought: Sought,
    passesOver: ReadonlySet<number> = new Set(),
  ) {
    this.#reader = reader;
    this.#passesOver = passesOver;
    const ready = reader.seek(sought);
    this.#level = ready ? Uint32Array.of(0, root) : new Uint32Array();
    this.#unread = ready ? 0 : 1;
    this.#below = reader.first;
  }

  /** How many directories were met. */
  get directories(): number {
    return 1 + this.#reader.found + this.#reader.lost;
  }

  /** How many of them could not be read: their names lie otherwise, they were removed meanwhile, or are too many. */
  get unread(): number {
    return this.#unread + this.#reader.lost;
  }

  /**
   * Reads `count` more directories; false when there are none left.
   *
   * @param onFound - each that holds sought names
   * @throws SysError
   */
  step(count: number, onFound: (found: FoundDirectory) => void): boolean {
    for (let i = 0; i < count; i += 1) {
      if (this.#next === this.#level.length && !this.#descend()) return false;
      const place = this.#level[this.#next] as number;
      const inode = this.#level[this.#next + 1] as number;
      this.#next += 2;
      if (!this.#passesOver.has(inode)) this.#read(inode, place, onFound);
    }
    return true;
  }

  #read(inode: number, place: number, onFound: (found: FoundDirectory) => void): void {
    const hits = this.#reader.readDirectory(inode, place);
    if (hits < 0) this.#unread += 1;
    if (hits <= 0) return;
    const path = this.#pathOf(place);
    if (path !== undefined) onFound({ inode, generation: this.#reader.generation, path });
  }

  /** Goes to the next level; false where there is none. */
  #descend(): boolean {
    const { found, next } = this.#reader;
    const count = 1 + found - this.#known;
    if (count === 0) return false;
    this.#level = this.#reader.between(this.#below, next, count);
    this.#next = 0;
    this.#below = next;
    this.#known = 1 + found;
    return true;
  }

  /** Undefined below a name that is none: there the file system is damaged, and one directory had many paths. */
  #pathOf(directory: number): Bytes | undefined {
    const way: number[] = [];
    let at = directory;
    while (at > 0 && !this.#paths.has(at)) {
      way.push(at);
      at = this.#reader.parentAt(at);
    }
    let path = this.#paths.get(at) ?? ('' as Bytes);
    for (const place of way.reverse()) {
      const name = this.#reader.nameAt(place);
      if (name === '' || /[/\0]/.test(name)) return undefined;
      path = joinBytes(path, name);
      this.#paths.set(place, path);
    }
    return path;
  }
}
