import { lowerKey, type Namesake } from './namesake.js';

/** A lower file that could not be read. */
export interface UnreadFile {
  readonly file: Namesake;
  /** The errno's name. */
  readonly code: string;
}

/** Files of which each is held against each entry. */
const MOST = 1000;

/** Lower files that could not be read, each inode once. */
export class UnreadFiles {
  readonly #files = new Map<string, UnreadFile>();
  #beyond: UnreadFile | undefined;

  add(file: Namesake, code: string): void {
    const key = lowerKey(file.branch, file);
    if (this.#files.size < MOST || this.#files.has(key)) this.#files.set(key, { file, code });
    else this.#beyond ??= { file, code };
  }

  /** The first of them. */
  get all(): Iterable<UnreadFile> {
    return this.#files.values();
  }

  /** One that is too many, for others of which nothing is kept. */
  get beyond(): UnreadFile | undefined {
    return this.#beyond;
  }
}
