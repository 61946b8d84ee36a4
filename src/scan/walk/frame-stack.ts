import { closeStack } from '../../union/view-rules.js';
import { suspend, type WalkFrame } from './walk-frame.js';

/** Directories kept open on the way down; deeper trees close the upper ones and open them anew on the way back. */
const MAX_OPEN = 64;

/** The frames on the way down. */
export class FrameStack {
  readonly #frames: WalkFrame[] = [];
  #oldestOpen = 0;

  get length(): number {
    return this.#frames.length;
  }

  /** The deepest one. */
  get top(): WalkFrame | undefined {
    return this.#frames.at(-1);
  }

  /** All of them, the nearest to the root first. */
  get all(): readonly WalkFrame[] {
    return this.#frames;
  }

  /** Adds a frame, and closes the directories of another where too many are open. */
  push(frame: WalkFrame): void {
    this.#frames.push(frame);
    if (this.#frames.length - this.#oldestOpen <= MAX_OPEN) return;
    const oldest = this.#frames[this.#oldestOpen];
    if (oldest !== undefined && oldest.closed === undefined) suspend(oldest);
    this.#oldestOpen += 1;
  }

  /** Takes the deepest one away; its directories are whoever's it is now. */
  pop(): void {
    this.#frames.pop();
    this.#oldestOpen = Math.max(0, Math.min(this.#oldestOpen, this.#frames.length - 1));
  }

  /** Closes every descriptor. */
  close(): void {
    for (const frame of this.#frames.splice(0)) if (frame.closed === undefined) closeStack(frame.stack);
    this.#oldestOpen = 0;
  }
}
