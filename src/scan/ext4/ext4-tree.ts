import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { NameStack } from '../../sys/name-stack.js';
import { NumberList } from '../number-list.js';
import type { Ext4Image } from './ext4-image.js';
import { type Sought, siftBlocks } from './sift-blocks.js';

/** Directories beyond which a tree is not read to its end: at some 30 bytes each they would take 60 MB. */
const MOST_DIRECTORIES = 2 ** 21;

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
  readonly #image: Ext4Image;
  readonly #sought: Sought;
  readonly #passesOver: ReadonlySet<number>;
  /** Of the directories that are known, in the order in which they were met: inode, place of the parent, name. */
  readonly #inodes = new NumberList();
  readonly #parents = new NumberList();
  readonly #names = new NameStack();
  readonly #namesAt = new NumberList();
  readonly #paths = new Map<number, Bytes>();
  /** Those of the level that is read: an inode, and behind it its place, as one number. */
  #level = Float64Array.of(0);
  #next = 0;
  /** How many belong to this level and those above. */
  #known = 1;
  #unread = 0;

  /**
   * @param root - inode
   * @param sought - is told of the names that are met
   * @param passesOver - inodes of directories that are left out with all below them
   */
  constructor(image: Ext4Image, root: number, sought: Sought, passesOver: ReadonlySet<number> = new Set()) {
    this.#image = image;
    this.#sought = sought;
    this.#passesOver = passesOver;
    this.#inodes.push(root);
    this.#parents.push(0);
    this.#namesAt.push(0);
    this.#names.pushName('' as Bytes);
  }

  /** How many directories were met. */
  get directories(): number {
    return this.#inodes.length;
  }

  /** How many of them could not be read: their names lie otherwise, they were removed meanwhile, or are too many. */
  get unread(): number {
    return this.#unread;
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
      const place = (this.#level[this.#next] as number) % MOST_DIRECTORIES;
      this.#next += 1;
      this.#read(place, onFound);
    }
    return true;
  }

  #read(place: number, onFound: (found: FoundDirectory) => void): void {
    const inode = this.#inodes.at(place);
    if (this.#passesOver.has(inode)) return;
    const image = this.#image;
    const below = { inodes: this.#inodes, names: this.#names, namesAt: this.#namesAt };
    let hits = 0;
    const generation = image.readDirectory(inode, (begin, length) => {
      hits += siftBlocks(image, begin, length, this.#sought, below);
    });
    if (generation === undefined) this.#unread += 1;
    while (this.#parents.length < this.#inodes.length) this.#parents.push(place);
    const path = hits > 0 && generation !== undefined ? this.#pathOf(place) : undefined;
    if (path !== undefined && generation !== undefined) onFound({ inode, generation, path });
  }

  /** Goes to the next level; false where there is none. */
  #descend(): boolean {
    const from = this.#known;
    const to = Math.min(this.#inodes.length, MOST_DIRECTORIES);
    if (to <= from) {
      this.#unread += this.#inodes.length - to;
      return false;
    }
    this.#level = new Float64Array(to - from);
    for (let i = from; i < to; i += 1) this.#level[i - from] = this.#inodes.at(i) * MOST_DIRECTORIES + i;
    this.#level.sort();
    this.#next = 0;
    this.#known = to;
    return true;
  }

  /** Undefined below a name that is none: there the file system is damaged, and one directory had many paths. */
  #pathOf(directory: number): Bytes | undefined {
    const way: number[] = [];
    let at = directory;
    while (at > 0 && !this.#paths.has(at)) {
      way.push(at);
      at = this.#parents.at(at);
    }
    let path = this.#paths.get(at) ?? ('' as Bytes);
    for (const place of way.reverse()) {
      const name = this.#names.nameAt(this.#namesAt.at(place));
      if (name === '' || name.includes('/')) return undefined;
      path = joinBytes(path, name);
      this.#paths.set(place, path);
    }
    return path;
  }
}
