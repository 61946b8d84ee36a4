import { milliseconds } from '../milliseconds.js';

/** Milliseconds, and changes, between two looks: one takes milliseconds, for it tries a mount or reads every mount table. */
const LOOK_MS = 40;
const LOOK_CHANGES = 128;
/** Milliseconds before a change that a live union would show. */
const CLOSE_LOOK_MS = 10;

/** Looks while a union is changed, but not at every change, whether it is still free. */
export class StillFree {
  readonly #probe: () => void;
  #last = Number.NEGATIVE_INFINITY;
  #changes = 0;

  /** @param probe - throws where somebody has mounted the union */
  constructor(probe: () => void) {
    this.#probe = probe;
  }

  /**
   * To be asked before each change.
   *
   * @param shows - whether the change is one of names or contents that people see
   * @throws what the probe throws
   */
  ask(shows: boolean): void {
    this.#changes += 1;
    const recent = milliseconds() - this.#last < (shows ? CLOSE_LOOK_MS : LOOK_MS);
    if (recent && this.#changes < LOOK_CHANGES) return;
    this.#probe();
    this.#changes = 0;
    this.#last = milliseconds();
  }
}
