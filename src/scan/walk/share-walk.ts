import { milliseconds } from '../../milliseconds.js';
import { mostAddresses, mostOpenFiles } from '../../sys/resource-limits.js';
import type { OverlayUnion } from '../../union/union.js';
import type { Layer } from '../../union/view-rules.js';
import type { FoundNames, SoughtInode } from '../overlay/entry-names.js';
import type { LowerInodes } from '../overlay/sought-inodes.js';
import type { WalkSharing } from './run-walk.js';
import { SecondThread, threadFile } from './second-thread.js';
import { errorAsTold, type ToldError } from './told-error.js';
import { usedInodes } from './used-inodes.js';
import type { Walk } from './walk.js';
import type { WalkShare } from './walk-share.js';
import type { WalkProgress } from './walk-visitor.js';
import type { WalkWays } from './walk-ways.js';

/** What the second thread is told at its start. */
export interface SharedScan {
  readonly union: OverlayUnion;
  readonly ways: WalkWays;
}

/** What a walk looks for; see `OverlayNames`. */
export interface Sought {
  readonly sought: ReadonlyMap<string, SoughtInode | undefined>;
  readonly inspect: boolean;
  readonly lowerInodes: LowerInodes;
}

/** What the two threads say to each other. */
export type ShareMessage =
  | { readonly say: 'hungry' }
  | { readonly say: 'sought'; readonly sought: Sought }
  | { readonly say: 'share'; readonly shares: readonly WalkShare[] }
  | { readonly say: 'found'; readonly found: FoundNames; readonly progress: WalkProgress }
  | { readonly say: 'failed'; readonly error: ToldError }
  | { readonly say: 'end' };

/** Milliseconds of a scan that is worth a thread: one takes as long to be up, and most scans end before this. */
const WORTH_A_THREAD_MS = 40;
/** Names still to be met that are: one thread goes through them in 80 milliseconds. */
const WORTH_A_THREAD_NAMES = 200_000;
/**
 * Names for each entry that are: to tell another thread of 50,000 entries, and to be told what it found of them, took a
 * tenth longer than to walk the last 300,000 of a million names alone; of 10,000 it took a tenth less.
 */
const WORTH_AN_ENTRY_NAMES = 40;

const worker = threadFile('walk-worker.cjs');

/**
 * Lets a second thread take part in the walk of a scan, once it has shown to be a long one; undefined where the program
 * runs from its sources and has no file for a thread to run. It must be {@link SharedWalk.end}ed.
 *
 * @param lowers - the layers whose names are most of the walk
 * @param entries - how many have names that are looked for
 */
export function shareWalk(
  scan: SharedScan,
  lowers: readonly Layer[],
  entries: number,
): SharedWalk | undefined {
  return worker === undefined ? undefined : new SharedWalk(worker, scan, lowers, entries);
}

/** The share that a second thread has in a walk. */
export class SharedWalk implements WalkSharing {
  readonly #file: string;
  readonly #scan: SharedScan;
  readonly #lowers: readonly Layer[];
  readonly #worthNames: number;
  #sought: Sought | undefined;
  #onFound: (found: FoundNames) => void = () => undefined;
  readonly #begun = milliseconds();
  #thread: SecondThread<ShareMessage> | undefined;
  #ended: Promise<void> | undefined;
  #refused = false;
  #inodes: number | undefined;
  /** It has asked for work. */
  #theyHunger = false;
  /** It was given a share and has not come to its end: what it found there is not known yet. */
  #theyWork = false;

  constructor(file: string, scan: SharedScan, lowers: readonly Layer[], entries: number) {
    this.#file = file;
    this.#scan = scan;
    this.#lowers = lowers;
    this.#worthNames = Math.max(WORTH_A_THREAD_NAMES, entries * WORTH_AN_ENTRY_NAMES);
  }

  /** Starts the thread before there is work for it, where it is known that there will be. */
  begin(): void {
    const left = this.#namesLeft(0);
    if (left !== Number.POSITIVE_INFINITY && left >= this.#worthNames && !isAlone()) this.#start();
  }

  /**
   * Tells what the walk looks for.
   *
   * @param onFound - receives what the other thread found, now and again
   */
  seek(sought: Sought, onFound: (found: FoundNames) => void): this {
    this.#sought = sought;
    this.#onFound = onFound;
    return this;
  }

  async ready(): Promise<void> {
    if (this.#thread === undefined) this.#start();
    const thread = this.#thread;
    while (thread !== undefined && !thread.gone && !this.#theyHunger) {
      if ((await thread.next().catch(() => undefined))?.say === 'hungry') this.#theyHunger = true;
    }
  }

  exchange(walk: Walk): boolean {
    if (this.#thread === undefined && this.#isWorthAThread(walk)) this.#start();
    if (this.#thread === undefined) return false;
    const told = this.#receive(walk, this.#thread);
    this.#feed(walk, this.#thread);
    return told;
  }

  async more(walk: Walk): Promise<boolean> {
    const thread = this.#thread;
    if (thread === undefined) return false;
    this.#receive(walk, thread);
    if (walk.complete) return false;
    if (this.#theyWork) thread.post({ say: 'hungry' });
    while (this.#theyWork) {
      const message = await thread.next();
      this.#take(message, walk);
      if (message.say === 'share') return true;
      if (walk.complete) return false;
    }
    return false;
  }

  dismiss(): void {
    if (this.#thread === undefined) return;
    this.#thread.dismiss({ say: 'end' });
    this.#ended = this.#thread.ended;
    this.#thread = undefined;
  }

  /** Ends the other thread, whatever it does, and waits until it has: its descriptors are this process'. */
  async end(): Promise<void> {
    this.dismiss();
    await this.#ended;
  }

  #isWorthAThread({ progress, mayShare }: Walk): boolean {
    if (this.#refused || !mayShare || milliseconds() - this.#begun < WORTH_A_THREAD_MS) return false;
    if (this.#namesLeft(progress.names) < this.#worthNames) return false;
    this.#refused = isAlone();
    return !this.#refused;
  }

  /** Infinite where no file system counts them. */
  #namesLeft(met: number): number {
    this.#inodes ??= usedInodes(this.#lowers.map(({ root }) => root)) ?? Number.POSITIVE_INFINITY;
    return this.#inodes - met;
  }

  #start(): void {
    try {
      this.#thread = new SecondThread(this.#file, { scan: this.#scan });
    } catch {
      // A control group or a limit lets this process have no more threads.
      this.#refused = true;
    }
  }

  /** Returns whether it has told what it found. */
  #receive(walk: Walk, thread: SecondThread<ShareMessage>): boolean {
    let told = false;
    for (let said = thread.received(); said !== undefined; said = thread.received()) {
      this.#take(said, walk);
      told ||= said.say === 'found';
    }
    // One that has nothing to do is done without: this thread does all.
    if (thread.gone && this.#theyWork) throw thread.failure;
    return told;
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
        throw errorAsTold(message.error);
      default:
    }
  }

  #feed(walk: Walk, thread: SecondThread<ShareMessage>): void {
    if (!this.#theyHunger || thread.gone) return;
    const shares = walk.split();
    if (shares.length === 0) return;
    this.#theyHunger = false;
    this.#theyWork = true;
    if (this.#sought !== undefined) {
      thread.post({
        say: 'sought',
        sought: { ...this.#sought, sought: slim(this.#sought.sought, this.#scan.ways) },
      });
      this.#sought = undefined;
    }
    thread.post({ say: 'share', shares });
  }
}

/** Descriptors, and bytes of addresses, that a process with a second thread needs: V8 aborts it where they are too few. */
const ENOUGH_FILES = 64;
const ENOUGH_ADDRESSES = 4 * 2 ** 30;

/** Whether two threads would take turns on one processor, or there is no room for the second. */
export function isAlone(): boolean {
  return (
    process.getBuiltinModule('node:os').availableParallelism() < 2 ||
    mostOpenFiles() < ENOUGH_FILES ||
    mostAddresses() < ENOUGH_ADDRESSES
  );
}

/**
 * What a thread is given is copied with everything in it. One that is given only what no upper branch has (see
 * `Walk.split`) needs no inodes of the upper's.
 */
function slim(sought: Sought['sought'], { early }: WalkWays): Sought['sought'] {
  return new Map(
    [...sought].map(([key, inode]) => [
      key,
      inode === undefined || early !== false
        ? undefined
        : { dev: inode.dev, ino: inode.ino, mode: inode.mode },
    ]),
  );
}
