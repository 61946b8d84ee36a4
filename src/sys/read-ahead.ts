import { preadFixed } from './data.js';
import { fixedMemory } from './libc.js';

/** Bytes between two reads beyond which the second is no continuation: to copy them takes as long as a call. */
const GAP = 8 * 1024;
/** Bytes: most that is read ahead. */
const MOST_AHEAD = 64 * 1024;

/**
 * Reads pieces of a file, and ahead where they follow one another: a call costs as much as to copy 8 KiB. What was read
 * ahead is as old as that read.
 */
export class ReadAhead {
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
  readonly words: Uint32Array;
  readonly #memory;
  readonly #fd: number;
  #from = 0;
  #to = 0;
  #ahead = 0;

  /** @param largest - bytes: the largest piece */
  constructor(fd: number, largest: number) {
    this.#fd = fd;
    this.#memory = fixedMemory(Math.max(largest, MOST_AHEAD));
    const { buffer } = this.#memory.bytes;
    this.bytes = this.#memory.bytes;
    this.halves = new Uint16Array(buffer);
    this.words = new Uint32Array(buffer);
  }

  /**
   * Has a piece read.
   *
   * @param offset - in the file, a multiple of 4
   * @returns where it begins in {@link bytes}, until the next call; -1 where the file ends before the piece does
   * @throws SysError
   */
  piece(offset: number, length: number): number {
    if (offset >= this.#from && offset + length <= this.#to) return offset - this.#from;
    const follows = offset >= this.#to && offset - this.#to <= GAP;
    this.#ahead = follows ? Math.min(Math.max(this.#ahead * 2, GAP), MOST_AHEAD) : 0;
    this.#from = 0;
    this.#to = 0;
    const read = preadFixed(this.#fd, this.#memory, Math.max(length, this.#ahead), offset);
    if (read < length) return -1;
    this.#from = offset;
    this.#to = offset + read;
    return 0;
  }
}
