import { type Bytes, parentOf } from '../../sys/bytes.js';
import type { AwaitedNames } from './awaited-names.js';
import type { EntryNames } from './entry-names.js';

/** Directories around which other names are looked for: more are everywhere, and no order helps. */
const MOST = 100;
/** Entries, and names of each, that are asked where they are: 3 milliseconds. */
const MOST_ENTRIES = 2000;
const MOST_NAMES = 16;

/** Knows where names were met of the entries that want others. */
export class KnownPlaces {
  readonly #awaited: AwaitedNames;
  readonly #byKey: ReadonlyMap<string, EntryNames>;
  /** How many entries wanted names when this was found out. */
  #wanting = Number.POSITIVE_INFINITY;
  #places: readonly Bytes[] = [];

  constructor(awaited: AwaitedNames, byKey: ReadonlyMap<string, EntryNames>) {
    this.#awaited = awaited;
    this.#byKey = byKey;
  }

  /** Their directories, none where they are too many; found out anew when half of the entries want no more. */
  get places(): readonly Bytes[] {
    if (this.#awaited.left <= this.#wanting / 2) {
      this.#wanting = this.#awaited.left;
      this.#places = this.#find();
    }
    return this.#places;
  }

  #find(): Bytes[] {
    const wanting = this.#awaited.wanting();
    const places = new Set<Bytes>();
    for (const key of wanting.length > MOST_ENTRIES ? [] : wanting) {
      for (const path of pathsOf(this.#byKey.get(key) as EntryNames)) places.add(parentOf(path));
      if (places.size > MOST) return [];
    }
    return [...places];
  }
}

function pathsOf({ names, missing }: EntryNames): Bytes[] {
  return [...names.slice(0, MOST_NAMES), ...missing.slice(0, MOST_NAMES).map(({ path }) => path)];
}
