/** Bits of a hash; with those of a number, as many as a double holds exactly. */
const HASH_BITS = 30;
const NUMBERS = 2 ** 23;

const NONE: readonly never[] = [];

/**
 * Small numbers by hashes of texts, 8 bytes each: as maps of lists they would take ten times as much for 200,000 entries.
 * Two texts may have one hash.
 */
export class HashIndex {
  #pairs = new Float64Array(64);
  #length = 0;
  #isSorted = true;

  /** @param number - below 8,388,608 */
  add(text: string, number: number): void {
    if (number >= NUMBERS) throw new RangeError(`${number} is more than is counted here`);
    if (this.#length === this.#pairs.length) {
      const grown = new Float64Array(2 * this.#length);
      grown.set(this.#pairs);
      this.#pairs = grown;
    }
    this.#pairs[this.#length] = hashOf(text) * NUMBERS + number;
    this.#length += 1;
    this.#isSorted = false;
  }

  /** How many numbers have the text, or one with its hash. */
  count(text: string): number {
    const hash = hashOf(text);
    return this.#begin(hash + 1) - this.#begin(hash);
  }

  /**
   * These numbers, ascending.
   *
   * @param wanted - whether one is asked for
   */
  of(text: string, wanted: (number: number) => boolean): readonly number[] {
    const hash = hashOf(text);
    const begin = this.#begin(hash);
    const end = this.#begin(hash + 1);
    const least = hash * NUMBERS;
    if (begin === end) return NONE;
    const numbers: number[] = [];
    for (let at = begin; at < end; at += 1) {
      const number = (this.#pairs[at] as number) - least;
      if (wanted(number)) numbers.push(number);
    }
    return numbers;
  }

  /** The first pair with this hash or a higher one. */
  #begin(hash: number): number {
    if (!this.#isSorted) {
      this.#pairs.subarray(0, this.#length).sort();
      this.#isSorted = true;
    }
    const least = hash * NUMBERS;
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#pairs[middle] as number) < least) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** FNV-1a of the text's code units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> HASH_BITS)) & (2 ** HASH_BITS - 1);
}
