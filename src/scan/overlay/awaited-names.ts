import { type Bytes, parentOf } from '../../sys/bytes.js';
import { type EntryNames, linksMet } from './entry-names.js';

/** Entries, and names of each, of which it is told where they are: 3 milliseconds. */
const MOST_ENTRIES = 2000;
const MOST_NAMES = 16;

/** Knows by the lower files' link counts when every name of every sought entry was met. */
export class AwaitedNames {
  readonly #byKey: ReadonlyMap<string, EntryNames>;
  readonly #linksOf: (key: string) => number | undefined;
  /** Entries that may have another name, those included of which none was met. */
  #waiting: number;

  /**
   * @param byKey - all sought entries, nothing of them met yet
   * @param linksOf - links of an entry's lower file; 0 where its handle leads nowhere, undefined where nobody may ask
   */
  constructor(byKey: ReadonlyMap<string, EntryNames>, linksOf: (key: string) => number | undefined) {
    this.#byKey = byKey;
    this.#linksOf = linksOf;
    this.#waiting = byKey.size;
  }

  /** Notes that names were just added to what was met of an entry, whose first one has told its links. */
  note(found: EntryNames): void {
    // Once for each: where somebody links a lower file meanwhile, its count is reached a second time.
    if (!found.awaited || linksMet(found) < (found.lowerNlink ?? Number.POSITIVE_INFINITY)) return;
    found.awaited = false;
    this.#waiting -= 1;
  }

  /** How many may have another name, those included of which none was met. */
  get left(): number {
    return this.#waiting;
  }

  /** The keys that may have another name; none where that cannot be told of all. */
  wanting(): string[] {
    const keys: string[] = [];
    for (const found of this.#byKey.values()) {
      const links = found.lowerNlink ?? this.#linksOf(found.key);
      if (links === undefined) return [];
      if (linksMet(found) < links) keys.push(found.key);
    }
    return keys;
  }

  /** Whether there is an entry whose handle leads nowhere: for it the walk goes on to its end. */
  get hopeless(): boolean {
    for (const { key, lowerNlink } of this.#byKey.values())
      if (lowerNlink === undefined && this.#linksOf(key) === 0) return true;
    return false;
  }

  /** The directories of names of those that may have another. */
  *places(): Generator<Bytes> {
    // Whether there are others of those that nothing was met of costs a few calls each.
    for (const key of this.#waiting > MOST_ENTRIES ? [] : this.wanting()) {
      const { names, missing } = this.#byKey.get(key) as EntryNames;
      for (const path of names.slice(0, MOST_NAMES)) yield parentOf(path);
      for (const { path } of missing.slice(0, MOST_NAMES)) yield parentOf(path);
    }
  }

  /**
   * Whether no other name can be met. An entry without any is waited for to the end: that its handle leads nowhere
   * (ESTALE) the kernel says as well of a lower file that it cannot read.
   */
  all(): boolean {
    return this.#waiting === 0;
  }
}
