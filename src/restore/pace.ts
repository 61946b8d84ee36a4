import { milliseconds } from '../milliseconds.js';

/** Milliseconds of work between two breaths of the event loop (lock heartbeat, progress line, signals). */
const BREATH_MS = 40;

export interface PaceOptions {
  /** Called at every breath. */
  readonly onBreath?: () => void;
  /** Ends the work at the next breath. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds between two breaths; for tests. */
  readonly breathMs?: number | undefined;
}

/** Lets the event loop live while a long run makes its system calls one after the other. */
export class Pace {
  readonly #options: PaceOptions;
  readonly #breathMs: number;
  #last = milliseconds();

  constructor(options: PaceOptions = {}) {
    this.#options = options;
    this.#breathMs = options.breathMs ?? BREATH_MS;
  }

  /** Whether it is time for a breath; asked without a promise, since mostly it is not. */
  get due(): boolean {
    return milliseconds() - this.#last >= this.#breathMs;
  }

  /** @throws the signal's reason where the work is to end */
  async breathe(): Promise<void> {
    this.#options.onBreath?.();
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#options.signal?.throwIfAborted();
    this.#last = milliseconds();
  }
}
