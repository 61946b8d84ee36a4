import type { MessagePort } from 'node:worker_threads';
import { milliseconds } from '../../milliseconds.js';
import type { OverlayRules } from '../../union/overlay-rules.js';
import { type OverlayLayers, openOverlayLayers } from '../overlay/overlay-layers.js';
import { OverlayNames } from '../overlay/overlay-names.js';
import { rulesFor } from '../overlay/overlay-scan.js';
import { STEP } from './run-walk.js';
import type { SharedScan, ShareMessage } from './share-walk.js';
import { toldError } from './told-error.js';
import { Walk } from './walk.js';
import type { WalkShare } from './walk-share.js';
import type { WalkProgress } from './walk-visitor.js';

/** Milliseconds between two times that a thread at work tells what it has found. */
const TOLD_EVERY_MS = 10;

// Asked for here, as second-thread.ts does.
const threads = () => process.getBuiltinModule('node:worker_threads');

/** What the second thread of a walk runs; its `workerData` are the {@link SharedScan} and the port to the first. */
export function takePartInWalk(): void {
  const { scan, port } = threads().workerData as { scan: SharedScan; port: MessagePort };
  const part = new Part(scan, port);
  port.on('message', (message: ShareMessage) => part.take(message));
  part.say({ say: 'hungry' });
}

/**
 * Takes shares of a walk, gives some back when the first thread runs out, and tells what it found, also while it is at
 * work: the last name that is wanted may be among it.
 */
class Part {
  readonly #scan: SharedScan;
  readonly #port: MessagePort;
  readonly #overlay: OverlayLayers;
  readonly #rules: OverlayRules;
  readonly #progress: WalkProgress = { directories: 0, names: 0 };
  #found: OverlayNames | undefined;
  #theyHunger = false;
  #ended = false;

  constructor(scan: SharedScan, port: MessagePort) {
    this.#scan = scan;
    this.#port = port;
    this.#overlay = openOverlayLayers(scan.union);
    this.#rules = rulesFor(scan.union, this.#overlay);
  }

  say(message: ShareMessage): void {
    this.#port.postMessage(message);
  }

  take(message: ShareMessage): void {
    try {
      this.#note(message);
      if (message.say === 'share') this.#work(message.shares);
    } catch (error) {
      this.say({ say: 'failed', error: toldError(error) });
    }
    if (this.#ended) this.#leave();
  }

  #note(message: ShareMessage): void {
    if (message.say === 'hungry') this.#theyHunger = true;
    if (message.say === 'end') this.#ended = true;
    if (message.say !== 'sought') return;
    const { sought, inspect, lowerInodes } = message.sought;
    this.#found = new OverlayNames(this.#overlay, this.#rules, sought, inspect, lowerInodes);
  }

  #work(shares: readonly WalkShare[]): void {
    const found = this.#found;
    if (found === undefined) throw new Error('a share before it is known what is sought');
    const { roots } = this.#overlay.layers;
    const walk = new Walk(roots, this.#rules, found, this.#progress, this.#scan.ways);
    try {
      walk.add(shares);
      this.#run(walk, found);
    } finally {
      walk.close();
    }
    this.#tell(found);
    this.say({ say: 'hungry' });
  }

  #run(walk: Walk, found: OverlayNames): void {
    const { eager } = this.#scan.ways;
    const step = eager === true ? 1 : STEP;
    const pause = eager === true ? 0 : TOLD_EVERY_MS;
    let told = milliseconds();
    while (walk.step(step)) {
      const received = threads().receiveMessageOnPort(this.#port)?.message as ShareMessage | undefined;
      if (received !== undefined) this.#note(received);
      if (this.#ended) return;
      if (this.#theyHunger) this.#give(walk);
      if (milliseconds() - told < pause) continue;
      this.#tell(found);
      told = milliseconds();
    }
  }

  #give(walk: Walk): void {
    const shares = walk.split();
    if (shares.length === 0) return;
    this.#theyHunger = false;
    this.say({ say: 'share', shares });
  }

  #tell(found: OverlayNames): void {
    this.say({ say: 'found', found: found.takeFound(), progress: { ...this.#progress } });
    this.#progress.directories = 0;
    this.#progress.names = 0;
  }

  /** Lets the thread end: nothing is left that it could wait for. Its descriptors are the whole process'. */
  #leave(): void {
    this.#overlay.close();
    this.#port.close();
  }
}
