import { SecondThread, threadFile } from '../walk/second-thread.js';
import type { FoundPlaces } from './ext4-places.js';
import type { Ext4Search } from './search-ext4.js';

/** What one of several searches has found. */
export interface Ext4Found {
  /** Which one. */
  readonly search: number;
  readonly places: FoundPlaces;
}

/** What the thread says, and what is said to it. */
export type SearchMessage =
  | ({ readonly say: 'found' } & Ext4Found)
  | { readonly say: 'over' }
  | { readonly say: 'end' };

/** Searches in another thread. It must be {@link SearchThread.end}ed. */
export class SearchThread {
  readonly #thread: SecondThread<SearchMessage>;

  private constructor(file: string, searches: readonly Ext4Search[]) {
    this.#thread = new SecondThread(file, { searches });
  }

  /**
   * Starts it; undefined where no thread can be had, or where the program runs from its sources and has no file for one
   * to run.
   */
  static start(searches: readonly Ext4Search[]): SearchThread | undefined {
    const file = threadFile('ext4-worker.cjs');
    try {
      return file === undefined ? undefined : new SearchThread(file, searches);
    } catch {
      return undefined;
    }
  }

  /**
   * The next that it has found; undefined when the search is over, or the thread has ended before.
   *
   * @throws the signal's reason where that comes first
   */
  async next(signal: AbortSignal | undefined): Promise<Ext4Found | undefined> {
    signal?.throwIfAborted();
    const said = this.#thread.next().then(
      (message) => (message.say === 'found' ? message : undefined),
      () => undefined,
    );
    if (signal === undefined) return said;
    let onAbort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([said, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Tells it to end, whatever it does, and waits until it has. */
  async end(): Promise<void> {
    this.#thread.dismiss({ say: 'end' });
    await this.#thread.ended;
  }
}
