import type { Bytes } from '../sys/bytes.js';

/** Directories around which other names are looked for: more are everywhere, and no order helps. */
const MOST = 100;

/** Knows in which directories names were met of the files that want others. */
export class KnownPlaces {
  readonly #find: () => Iterable<Bytes>;
  /** How many files wanted names when this was found out. */
  #wanting = Number.POSITIVE_INFINITY;
  #places: readonly Bytes[] = [];

  /** @param find - tells the directories, as paths from the union's root, any of them more than once */
  constructor(find: () => Iterable<Bytes>) {
    this.#find = find;
  }

  /**
   * The directories, none where they are too many; found out anew when half of the files want no more.
   *
   * @param wanting - how many files want names now
   */
  of(wanting: number): readonly Bytes[] {
    if (wanting <= this.#wanting / 2) {
      this.#wanting = wanting;
      this.#places = this.#few();
    }
    return this.#places;
  }

  #few(): Bytes[] {
    const places = new Set<Bytes>();
    for (const place of this.#find()) {
      places.add(place);
      if (places.size > MOST) return [];
    }
    return [...places];
  }
}
