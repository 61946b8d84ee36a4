import type { InodeId } from './inode-id.js';

/**
 * A map of inodes, by device and number. Nearly every number fits a JavaScript number, which a Map finds several times
 * as fast as a bigint.
 */
export class InodeMap<T> {
  readonly #devices = new Map<bigint, Map<number | bigint, T>>();
  #device = 0n;
  #inodes: Map<number | bigint, T> | undefined;

  get({ dev, ino }: InodeId): T | undefined {
    return this.#of(dev)?.get(keyOf(ino));
  }

  set({ dev, ino }: InodeId, value: T): this {
    let inodes = this.#of(dev);
    if (inodes === undefined) {
      inodes = new Map();
      this.#devices.set(dev, inodes);
      this.#inodes = undefined;
    }
    inodes.set(keyOf(ino), value);
    return this;
  }

  #of(dev: bigint): Map<number | bigint, T> | undefined {
    if (this.#inodes === undefined || this.#device !== dev) {
      this.#device = dev;
      this.#inodes = this.#devices.get(dev);
    }
    return this.#inodes;
  }
}

function keyOf(ino: bigint): number | bigint {
  const number = Number(ino);
  return Number.isSafeInteger(number) ? number : ino;
}
