import type { OverlayUnion } from '../../union/union.js';
import type { Layer } from '../../union/view-rules.js';
import type { FoundNames, SoughtInode } from '../overlay/entry-names.js';
import type { WalkSharing } from './run-walk.js';
import { SecondThread, threadFile } from './second-thread.js';
import { usedInodes } from './used-inodes.js';
import type { Walk } from './walk.js';
import type { WalkShare } from './walk-share.js';
import type { WalkProgress } from './walk-visitor.js';
import type { WalkWays } from './walk-ways.js';

/** What the second thread is told at its start. */
export interface SharedScan {
  readonly union: OverlayUnion;
  readonly sought: ReadonlyMap<string, SoughtInode | undefined>;
  readonly inspect: boolean;
  readonly ways: WalkWays;
}

/** What the two threads say to each other. */
export type ShareMessage =
  | { readonly say: 'hungry' }
  | { readonly say: 'share'; readonly shares: readonly WalkShare[] }
  | { readonly say: 'found'; readonly found: FoundNames; readonly progress: WalkProgress }
  | { readonly say: 'failed'; readonly error: unknown }
  | { readonly say: 'end' };

/** Milliseconds of a walk that is worth a thread: one takes 40 to be up, and most walks end before that. */
const WORTH_A_THREAD_MS = 40;
/** Names still to be met that are: one thread goes through them in 80 milliseconds. */
const WORTH_A_THREAD_NAMES = 200_000;

const worker = threadFile('walk-worker.cjs');

/**
 * Lets a second thread take part in a walk, once it has shown to be a long one; undefined where the program runs
 * from its sources and has no file for a thread to run.
 *
 * @param lowers - the layers whose names are most of the walk
 * @param onFound - receives what the other thread found, whenever it has come to an end of its work
 */
export function shareWalk(
  scan: SharedScan,
  lowers: readonly Layer[],
  onFound: (found: FoundNames) => void,
): WalkSharing | undefined {
  return worker === undefined ? undefined : new SharedWalk(worker, scan, lowers, onFound);
}

class SharedWalk implements WalkSharing {
  readonly #file: string;
  readonly #scan: SharedScan;
  readonly #lowers: readonly Layer[];
  readonly #onFound: (found: FoundNames) => void;
  readonly #begun = performance.now();
  #thread: SecondThread<ShareMessage> | undefined;
  #refused = false;
  #inodes: number | undefined;
  /** It has asked for work. */
  #theyHunger = false;
  /** It was given a share and has not come to its end: what it found there is not known yet. */
  #theyWork = false;

  constructor(
    file: string,
    scan: SharedScan,
    lowers: readonly Layer[],
    onFound: (found: FoundNames) => void,
  ) {
    this.#file = file;
    this.#scan = scan;
    this.#lowers = lowers;
    this.#onFound = onFound;
  }

  async ready(): Promise<void> {
    this.#start();
    const thread = this.#thread;
    while (thread !== undefined && !thread.gone && !this.#theyHunger) {
      if ((await thread.next().catch(() => undefined))?.say === 'hungry') this.#theyHunger = true;
    }
  }

  exchange(walk: Walk): void {
    if (this.#thread === undefined && this.#isWorthAThread(walk)) this.#start();
    if (this.#thread === undefined) return;
    this.#receive(walk, this.#thread);
    this.#feed(walk, this.#thread);
  }

  async more(walk: Walk): Promise<boolean> {
    const thread = this.#thread;
    if (thread === undefined) return false;
    this.#receive(walk, thread);
    if (this.#theyWork) thread.post({ say: 'hungry' });
    while (this.#theyWork) {
      const message = await thread.next();
      this.#take(message, walk);
      if (message.say === 'share') return true;
    }
    return false;
  }

  async end(): Promise<void> {
    await this.#thread?.end({ say: 'end' });
    this.#thread = undefined;
  }

  #isWorthAThread({ progress }: Walk): boolean {
    if (this.#refused || performance.now() - this.#begun < WORTH_A_THREAD_MS) return false;
    this.#inodes ??= usedInodes(this.#lowers.map(({ root }) => root)) ?? Number.POSITIVE_INFINITY;
    return this.#inodes - progress.names >= WORTH_A_THREAD_NAMES;
  }

  #start(): void {
    try {
      this.#thread = new SecondThread(this.#file, {
        scan: { ...this.#scan, sought: slim(this.#scan.sought) },
      });
    } catch {
      // A control group or a limit lets this process have no more threads.
      this.#refused = true;
    }
  }

  #receive(walk: Walk, thread: SecondThread<ShareMessage>): void {
    for (let said = thread.received(); said !== undefined; said = thread.received()) this.#take(said, walk);
    // One that has nothing to do is done without: this thread does all.
    if (thread.gone && this.#theyWork) throw thread.failure;
  }

  #take(message: ShareMessage, walk: Walk): void {
    switch (message.say) {
      case 'hungry':
        this.#theyHunger = true;
        this.#theyWork = false;
        return;
      case 'share':
        walk.add(message.shares);
        return;
      case 'found':
        this.#onFound(message.found);
        walk.progress.directories += message.progress.directories;
        walk.progress.names += message.progress.names;
        return;
      case 'failed':
        throw message.error;
      default:
    }
  }

  #feed(walk: Walk, thread: SecondThread<ShareMessage>): void {
    if (!this.#theyHunger || thread.gone) return;
    const shares = walk.split();
    if (shares.length === 0) return;
    this.#theyHunger = false;
    this.#theyWork = true;
    thread.post({ say: 'share', shares });
  }
}

/** What a thread is given is copied with everything in it. */
function slim(sought: SharedScan['sought']): SharedScan['sought'] {
  return new Map(
    [...sought].map(([key, inode]) => [
      key,
      inode === undefined ? undefined : { dev: inode.dev, ino: inode.ino, mode: inode.mode },
    ]),
  );
}
