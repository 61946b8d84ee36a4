import { type Bytes, parentOf } from '../../sys/bytes.js';
import { postponeUnlikely, type WalkFrame } from './walk-frame.js';

/**
 * Which directories of a walk come first: those that an upper branch has, then those where names are likely, then the
 * rest. Holds what waits for a later phase.
 */
export class WalkOrder {
  readonly #waiting: WalkFrame[] = [];
  /** Directories where names are likely, and all above them. */
  readonly #likely = new Set<Bytes>();
  readonly #likelyFrames: WalkFrame[] = [];
  #phase: 'uppers' | 'likely' | 'rest';

  /** @param ordered - whether there are phases at all; otherwise all is the rest */
  constructor(ordered: boolean) {
    this.#phase = ordered ? 'uppers' : 'rest';
  }

  /** Whether only that is left which no order helps. */
  get inRest(): boolean {
    return this.#phase === 'rest';
  }

  /** Whether a phase has come to its end and another may be told of by {@link lookFirst}. */
  get asks(): boolean {
    return this.#phase !== 'rest' && this.#likelyFrames.length === 0;
  }

  /** What waits, for those who give a part of it away. */
  get waiting(): readonly WalkFrame[] {
    return this.#waiting;
  }

  /** Has these directories entered next, before any other; the last phase begins where there are none. */
  lookFirst(directories: Iterable<Bytes>): void {
    this.#phase = 'rest';
    for (const directory of directories) {
      for (let path = directory; path !== '' && !this.#likely.has(path); path = parentOf(path)) {
        this.#phase = 'likely';
        this.#likely.add(path);
      }
    }
    for (const frame of this.#waiting.splice(0)) {
      postponeUnlikely(frame, this.#likely);
      if (frame.names.length > 0) this.#likelyFrames.push(frame);
      else this.putOff(frame);
    }
    if (this.#phase === 'rest') this.#sort();
  }

  /** Whether all that no upper branch has is to be entered in a later phase. */
  get uppersOnly(): boolean {
    return this.#phase === 'uppers';
  }

  /** Whether a subdirectory that no upper branch has is to be entered in a later phase. */
  waits(path: Bytes): boolean {
    return this.#phase === 'likely' && !this.#likely.has(path);
  }

  /** Keeps what is left to do in a frame for a later phase. */
  putOff(frame: WalkFrame): void {
    frame.names = frame.later.names;
    frame.positions = frame.later.positions;
    frame.settled = true;
    frame.later = { names: [], positions: [] };
    this.#waiting.push(frame);
  }

  /** The next directory with subdirectories to be entered. */
  next(): WalkFrame | undefined {
    const likely = this.#likelyFrames.pop();
    if (likely !== undefined) return likely;
    if (this.#phase !== 'rest') {
      this.#phase = 'rest';
      this.#sort();
    }
    return this.#waiting.pop();
  }

  /** Takes over what another walk was to do. */
  add(frames: readonly WalkFrame[]): void {
    this.#phase = 'rest';
    this.#waiting.push(...frames);
  }

  /** How many wait, if they have at least so many subdirectories to be entered; otherwise 0. */
  worthGiving(subdirectories: number): number {
    let count = 0;
    for (const { names } of this.#waiting) {
      count += names.length;
      if (count >= subdirectories) return this.#waiting.length;
    }
    return 0;
  }

  /** Gives up to `count` of those away that would come last. */
  give(count: number): WalkFrame[] {
    if (this.#phase !== 'rest') this.#sort();
    return this.#waiting.splice(0, count);
  }

  /** Leaves all that waits. */
  drop(): void {
    this.#waiting.length = 0;
  }

  /** The last is the next: first those that held wanted names, deepest first. */
  #sort(): void {
    this.#waiting.sort((a, b) => Math.sign(a.hits) - Math.sign(b.hits) || a.path.length - b.path.length);
  }
}
