import type { Ext4Image } from './ext4-image.js';
import type { Sought } from './sift-blocks.js';

/** Inodes whose names are looked for on a device, until as many were met as their link counts tell of. */
export class SoughtInodes implements Sought {
  readonly bits: Uint8Array;
  /** Names still to be met, by inode. */
  readonly #links = new Map<number, number>();
  #wanting = 0;

  /** @throws SysError */
  constructor(image: Ext4Image, inodes: readonly number[]) {
    this.bits = new Uint8Array((image.inodes >>> 3) + 1);
    for (const inode of inodes) {
      const links = image.linksOf(inode) ?? 0;
      if (links === 0) continue;
      this.bits[inode >>> 3] = (this.bits[inode >>> 3] as number) | (1 << (inode & 7));
      this.#links.set(inode, links);
      this.#wanting += 1;
    }
  }

  /** Whether all names were met. */
  get complete(): boolean {
    return this.#wanting === 0;
  }

  meet(inode: number): void {
    const links = (this.#links.get(inode) ?? 0) - 1;
    this.#links.set(inode, links);
    if (links === 0) this.#wanting -= 1;
  }
}
