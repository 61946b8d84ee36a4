/** Milliseconds of work between two breaths of the event loop (lock heartbeat, progress line, signals). */
const BREATH_MS = 40;

/** Lets the event loop live while a long run makes its system calls one after the other. */
export class Pace {
  readonly #tell: () => void;
  #last = performance.now();

  /** @param tell - called at every breath */
  constructor(tell: () => void = () => {}) {
    this.#tell = tell;
  }

  /** Whether it is time for a breath; asked without a promise, since mostly it is not. */
  get due(): boolean {
    return performance.now() - this.#last >= BREATH_MS;
  }

  async breathe(): Promise<void> {
    this.#tell();
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#last = performance.now();
  }
}
