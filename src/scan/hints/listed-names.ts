import type { Bytes } from '../../sys/bytes.js';
import { NumberList } from '../number-list.js';
import { LowerGroups } from './lower-groups.js';

/** Names beyond which no list is made: at some 24 bytes a name it would take 400 MB. */
const MOST_NAMES = 1 << 24;

/** Names of a layer, by the numbers of their inodes and the directories that they are in. */
export class ListedNames {
  readonly #low = new NumberList();
  readonly #high = new NumberList();
  readonly #place = new NumberList();
  readonly #directories: Bytes[] = [];

  get directories(): number {
    return this.#directories.length;
  }

  get names(): number {
    return this.#low.length;
  }

  get tooMany(): boolean {
    return this.#low.length > MOST_NAMES;
  }

  /** Adds a name of the directory that is {@link addDirectory}ed next after the last one. */
  add(low: number, high: number): void {
    this.#low.push(low);
    this.#high.push(high);
    this.#place.push(this.#directories.length);
  }

  /** Adds names as {@link add} does, of inodes whose numbers have 32 bits. */
  addAll(inodes: Uint32Array): void {
    this.#low.pushAll(inodes);
    this.#high.repeat(0, inodes.length);
    this.#place.repeat(this.#directories.length, inodes.length);
  }

  /** @param path - from the layer's root */
  addDirectory(path: Bytes): void {
    this.#directories.push(path);
  }

  /** Finds the numbers that occur more than once: open addressing over positions, at a load of at most a half. */
  groups(): LowerGroups {
    const [low, high, place] = [this.#low, this.#high, this.#place];
    let slots = 16;
    while (slots < low.length * 2) slots *= 2;
    const table = new Uint32Array(slots);
    const places = new Map<bigint, number[]>();
    const directories: Bytes[] = [];
    const numbered = new Map<number, number>();
    const number = (directory: number): number => {
      const known = numbered.get(directory);
      if (known !== undefined) return known;
      numbered.set(directory, directories.length);
      return directories.push(this.#directories[directory] ?? ('' as Bytes)) - 1;
    };
    for (let i = 0; i < low.length; i += 1) {
      const [l, h] = [low.at(i), high.at(i)];
      let slot = (Math.imul(l ^ Math.imul(h, 0x85ebca6b), 0x9e3779b1) >>> 0) & (slots - 1);
      for (; ; slot = (slot + 1) & (slots - 1)) {
        const other = table[slot] as number;
        if (other === 0) {
          table[slot] = i + 1;
          break;
        }
        if (low.at(other - 1) !== l || high.at(other - 1) !== h) continue;
        const inode = (BigInt(h) << 32n) | BigInt(l);
        const group = places.get(inode) ?? [number(place.at(other - 1))];
        const here = number(place.at(i));
        // One directory's names come one after another.
        if (group.at(-1) !== here) group.push(here);
        places.set(inode, group);
        break;
      }
    }
    return new LowerGroups(directories, places);
  }
}
