import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MessagePort, Worker } from 'node:worker_threads';
import type { OverlayUnion } from '../../union/union.js';
import type { Layer } from '../../union/view-rules.js';
import type { FoundNames, SoughtInode } from '../overlay/entry-names.js';
import type { WalkSharing } from './run-walk.js';
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

// The bundle has this module in a folder of its own below the worker's.
const worker = ['./walk-worker.cjs', '../walk-worker.cjs']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

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
  #thread: Worker | undefined;
  #port: MessagePort | undefined;
  #inodes: number | undefined;
  #theyHunger = false;
  #failure: unknown;
  #ended: Promise<unknown> | undefined;

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
    if (this.#port === undefined) this.#start();
    while (!this.#theyHunger) {
      const { say } = await nextMessage(this.#port as MessagePort, this.#thread);
      if (say === 'hungry') this.#theyHunger = true;
    }
  }

  exchange(walk: Walk): void {
    if (this.#port === undefined) {
      if (!this.#isWorthAThread(walk)) return;
      this.#start();
    }
    this.#receive(walk);
    this.#feed(walk);
  }

  async more(walk: Walk): Promise<boolean> {
    const port = this.#port;
    if (port === undefined) return false;
    this.#receive(walk);
    let asked = false;
    while (!this.#theyHunger) {
      if (!asked) port.postMessage({ say: 'hungry' } satisfies ShareMessage);
      asked = true;
      const message = await nextMessage(port, this.#thread);
      this.#take(message, walk);
      if (message.say === 'share') return true;
    }
    return false;
  }

  async end(): Promise<void> {
    // Told, not terminated: koffi aborts the whole process when its thread is stopped within a call, or while it is
    // being loaded; and the descriptors that it has open would stay so.
    this.#port?.postMessage({ say: 'end' } satisfies ShareMessage);
    this.#port?.close();
    this.#port = undefined;
    await this.#ended;
  }

  #isWorthAThread({ progress }: Walk): boolean {
    if (performance.now() - this.#begun < WORTH_A_THREAD_MS) return false;
    this.#inodes ??= usedInodes(this.#lowers.map(({ root }) => root)) ?? Number.POSITIVE_INFINITY;
    return this.#inodes - progress.names >= WORTH_A_THREAD_NAMES;
  }

  #start(): void {
    const { MessageChannel, Worker } = threads();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#thread = new Worker(this.#file, {
      workerData: { scan: { ...this.#scan, sought: slim(this.#scan.sought) }, port: port2 },
      transferList: [port2],
      // What makes its start cheaper.
      env: threads().SHARE_ENV,
      trackUnmanagedFds: false,
    });
    // A thread that cannot be started takes no share, and this one does all.
    this.#thread.on('error', (error) => {
      this.#failure = error;
    });
    this.#ended = new Promise((resolve) => this.#thread?.once('exit', resolve));
  }

  #receive(walk: Walk): void {
    for (;;) {
      const received = this.#port === undefined ? undefined : threads().receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      this.#take(received.message as ShareMessage, walk);
    }
  }

  #take(message: ShareMessage, walk: Walk): void {
    switch (message.say) {
      case 'hungry':
        this.#theyHunger = true;
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

  #feed(walk: Walk): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#theyHunger) return;
    const shares = walk.split();
    if (shares.length === 0) return;
    this.#theyHunger = false;
    this.#port?.postMessage({ say: 'share', shares } satisfies ShareMessage);
  }
}

// Asked for here: it costs 1.5 ms of every start.
const threads = () => process.getBuiltinModule('node:worker_threads');

/** What a thread is given is copied with everything in it. */
function slim(sought: SharedScan['sought']): SharedScan['sought'] {
  return new Map(
    [...sought].map(([key, inode]) => [
      key,
      inode === undefined ? undefined : { dev: inode.dev, ino: inode.ino, mode: inode.mode },
    ]),
  );
}

/** The next message, or the thread's failure. */
function nextMessage(port: MessagePort, thread: Worker | undefined): Promise<ShareMessage> {
  return new Promise((resolve, reject) => {
    const done = (act: () => void): void => {
      port.off('message', onMessage);
      thread?.off('error', onError);
      thread?.off('exit', onExit);
      act();
    };
    const onMessage = (message: ShareMessage): void => done(() => resolve(message));
    const onError = (error: unknown): void => done(() => reject(error));
    const onExit = (): void => done(() => reject(new Error('the walk thread ended before its work')));
    port.on('message', onMessage);
    thread?.on('error', onError);
    thread?.on('exit', onExit);
  });
}
