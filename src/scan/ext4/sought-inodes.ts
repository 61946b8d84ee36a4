import type { DirectoryReader, Sought } from './directory-reader.js';

/** Bits, of inodes: 8 MiB. A larger file system has more inodes than bits. */
const MOST_BITS = 2 ** 26;

/** Inodes whose names are looked for on a device, until as many were met as their link counts tell of. */
export class SoughtInodes implements Sought {
  readonly bits: Uint8Array;
  readonly mask: number;
  /** Names still to be met, by inode. */
  readonly #links = new Map<number, number>();
  #wanting = 0;

  /**
   * @param all - how many inodes the file system has
   * @param most - bits, a power of two; for tests
   * @throws SysError
   */
  constructor(reader: DirectoryReader, all: number, inodes: readonly number[], most = MOST_BITS) {
    let slots = 8;
    while (slots < all && slots < most) slots *= 2;
    this.bits = new Uint8Array(slots / 8);
    this.mask = slots - 1;
    for (const inode of inodes) {
      const links = reader.linksOf(inode);
      if (links === 0) continue;
      const low = inode & this.mask;
      this.bits[low >>> 3] = (this.bits[low >>> 3] as number) | (1 << (low & 7));
      this.#links.set(inode, links);
      this.#wanting += 1;
    }
  }

  /** Whether all names were met. */
  get complete(): boolean {
    return this.#wanting === 0;
  }

  meet(inodes: Uint32Array): number {
    let met = 0;
    for (const inode of inodes) {
      const links = this.#links.get(inode);
      if (links === undefined) continue;
      met += 1;
      this.#links.set(inode, links - 1);
      if (links === 1) this.#wanting -= 1;
    }
    return met;
  }
}
