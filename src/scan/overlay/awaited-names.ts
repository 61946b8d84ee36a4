import { type EntryNames, timesMet } from './entry-names.js';

/**
 * Knows by the lower files' link counts when every name of every sought entry was met. A file's count is told by the
 * first name of it that is met; only when no other is wanting are those asked for that nobody met.
 */
export class AwaitedNames {
  readonly #byKey: ReadonlyMap<string, EntryNames>;
  readonly #linksOf: (key: string) => number | undefined;
  /** Entries that may have another name, those included of which none was met. */
  #waiting: number;
  #unmet: number;
  #asked = false;

  /**
   * @param byKey - all sought entries, nothing of them met yet
   * @param linksOf - links of an entry's lower file; 0 where it is gone, undefined where nobody may ask
   */
  constructor(byKey: ReadonlyMap<string, EntryNames>, linksOf: (key: string) => number | undefined) {
    this.#byKey = byKey;
    this.#linksOf = linksOf;
    this.#waiting = byKey.size;
    this.#unmet = byKey.size;
  }

  /** Notes that so many names were just added to what was met of an entry. */
  note(found: EntryNames, added: number): void {
    if (added === 0) return;
    const now = timesMet(found);
    const before = now - added;
    if (before === 0) this.#unmet -= 1;
    const links = found.lowerNlink ?? Number.POSITIVE_INFINITY;
    if (before < links && now >= links) this.#waiting -= 1;
  }

  /** The keys that may have another name; none where that cannot be told of all. */
  wanting(): string[] {
    const keys: string[] = [];
    for (const found of this.#byKey.values()) {
      const links = found.lowerNlink ?? this.#linksOf(found.key);
      if (links === undefined) return [];
      if (timesMet(found) < links) keys.push(found.key);
    }
    return keys;
  }

  /** Whether no other name can be met. */
  all(): boolean {
    if (this.#waiting > this.#unmet || this.#asked) return this.#waiting === 0;
    this.#asked = true;
    for (const found of this.#byKey.values()) {
      if (timesMet(found) === 0 && this.#linksOf(found.key) === 0) this.#waiting -= 1;
    }
    return this.#waiting === 0;
  }
}
