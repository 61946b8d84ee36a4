import type { Bytes } from './bytes.js';

const FIRST_SIZE = 4 * 1024;

/** File names one upon another, as raw bytes with a NUL behind each: a hundredth of what strings cost. */
export class NameStack {
  #bytes = new Uint8Array(new ArrayBuffer(FIRST_SIZE));
  /** The same bytes, as what gives text: to make it anew for each name costs as much as the text. */
  #text = Buffer.from(this.#bytes.buffer);
  #top = 0;

  /** The names; replaced when a push needs more room. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Where the next name will begin; 0 when empty. */
  get top(): number {
    return this.#top;
  }

  /** Puts the name on top that begins at `from[at]` and ends with a NUL within `most` bytes. */
  push(from: Uint8Array, at: number, most: number): void {
    if (this.#top + most + 1 > this.#bytes.length) this.#grow(most + 1);
    const bytes = this.#bytes;
    const end = at + most;
    let top = this.#top;
    for (let i = at; i < end; i += 1) {
      const byte = from[i] as number;
      if (byte === 0) break;
      bytes[top++] = byte;
    }
    bytes[top++] = 0;
    this.#top = top;
  }

  /** Puts a name on top. */
  pushName(name: Bytes): void {
    const { length } = name;
    if (this.#top + length + 1 > this.#bytes.length) this.#grow(length + 1);
    const bytes = this.#bytes;
    let top = this.#top;
    for (let i = 0; i < length; i += 1) bytes[top++] = name.charCodeAt(i);
    bytes[top++] = 0;
    this.#top = top;
  }

  /** Where the topmost name begins. */
  get last(): number {
    const bytes = this.#bytes;
    let at = this.#top - 1;
    while (at > 0 && bytes[at - 1] !== 0) at -= 1;
    return at;
  }

  /** The name that begins at a place. */
  nameAt(start: number): Bytes {
    const end = this.#bytes.indexOf(0, start);
    return this.#text.toString('latin1', start, end) as Bytes;
  }

  /** Every name from one place up to another, in the order in which they were pushed. */
  namesBetween(start: number, end: number): Bytes[] {
    const names: Bytes[] = [];
    for (let at = start; at < end; at = this.#bytes.indexOf(0, at) + 1) names.push(this.nameAt(at));
    return names;
  }

  /** Takes everything away that lies above a place. */
  cut(top: number): void {
    this.#top = top;
  }

  /** Takes the lowest bytes away; what is above moves down by as many. */
  discard(count: number): void {
    this.#bytes.copyWithin(0, count, this.#top);
    this.#top -= count;
  }

  #grow(by: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#top + by));
    larger.set(this.#bytes.subarray(0, this.#top));
    this.#bytes = larger;
    this.#text = Buffer.from(larger.buffer);
  }
}
