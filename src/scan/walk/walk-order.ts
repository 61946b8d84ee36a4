import { type Bytes, baseOf, parentOf } from '../../sys/bytes.js';
import { Nearness } from './nearness.js';
import { postponeBare, postponeUnlikely, type WalkFrame } from './walk-frame.js';

/** Directories that are kept to be entered level by level, in about 15 milliseconds. */
export const NEAR = 2048;

/**
 * Tells directories whose neighbours come before all others; none where no order helps. The same array until something
 * has changed.
 */
export type NearTo = () => readonly Bytes[];

/**
 * Which directories of a walk come first: those that an upper branch has or that may lead elsewhere, then those where
 * names are likely, then those around known names by their distance, since a sibling may be the root of most of the
 * tree; then the rest. Holds what waits for a later phase.
 */
export class WalkOrder {
  readonly #waiting: WalkFrame[] = [];
  /** Directories where names are likely, and all above them: names by their parents. */
  readonly #likely = new Map<Bytes, Set<Bytes>>();
  readonly #likelyFrames: WalkFrame[] = [];
  readonly #nearTo: NearTo;
  readonly #near: number;
  #nearness = new Nearness([]);
  #nearTold: readonly Bytes[] = [];
  /** Those of the level that is entered, the nearest last, and those that have too many subdirectories for that. */
  #level: WalkFrame[] = [];
  readonly #broad: WalkFrame[] = [];
  /** Subdirectories that were kept for the next levels. */
  #kept = 0;
  #phase: 'first' | 'likely' | 'near' | 'wanting' | 'rest';
  /** Whether those around known names were walked. */
  #late = false;
  readonly #knowsLate: () => boolean;

  /**
   * @param ordered - whether there are phases at all; otherwise all is the rest
   * @param near - how many directories are kept to be entered level by level
   * @param knowsLate - whether it will be told more of where names are likely
   */
  constructor(ordered: boolean, nearTo: NearTo, near: number, knowsLate: () => boolean) {
    this.#phase = ordered ? 'first' : 'rest';
    this.#nearTo = nearTo;
    this.#near = near;
    this.#knowsLate = knowsLate;
  }

  /** Whether the walk is led no more: what is left may be entered in any order, and shared. */
  get inRest(): boolean {
    return this.#phase === 'near' || this.#phase === 'wanting' || this.#phase === 'rest';
  }

  /** Whether those around known names were walked. */
  get isLate(): boolean {
    return this.#late;
  }

  /** Whether directories are entered where names are likely, and no others. */
  get isLed(): boolean {
    return this.#phase === 'likely';
  }

  /** Whether parts of the walk may go to another: not while somebody may still tell where to look. */
  get mayShare(): boolean {
    return this.#phase === 'rest' || !(this.#late || this.#knowsLate());
  }

  /** Whether the subdirectories of what is entered {@link wait}. */
  get byLevels(): boolean {
    return this.#phase === 'near' || this.#phase === 'wanting';
  }

  /** Whether a phase has come to its end and another may be told of by {@link lookFirst}. */
  get asks(): boolean {
    return (!this.inRest || this.#phase === 'wanting') && this.#likelyFrames.length === 0;
  }

  /** What waits, for those who give a part of it away. */
  get waiting(): readonly WalkFrame[] {
    return this.#waiting;
  }

  /** Has these directories entered next, before any other; it is led no more where there are none. */
  lookFirst(directories: Iterable<Bytes>): void {
    let told = false;
    for (const directory of directories) {
      for (let path = directory; path !== '' && this.#addLikely(path); path = parentOf(path)) told = true;
    }
    // In the phase that ends: what waits is not kept anew for the next.
    for (const frame of this.#waiting.splice(0)) this.lead(frame);
    this.#phase = told ? 'likely' : this.#late ? 'rest' : 'near';
  }

  /** Takes a frame whose subdirectories are to be entered: first those that are likely. */
  lead(frame: WalkFrame): void {
    postponeUnlikely(frame, this.#likely.get(frame.path));
    if (frame.names.length > 0) this.#likelyFrames.push(frame);
    else this.putOff(frame);
  }

  /** False for one that was known. */
  #addLikely(path: Bytes): boolean {
    const [parent, name] = [parentOf(path), baseOf(path)];
    const names = this.#likely.get(parent);
    if (names?.has(name) === true) return false;
    if (names === undefined) this.#likely.set(parent, new Set([name]));
    else names.add(name);
    return true;
  }

  /**
   * Puts those subdirectories of a directory that was just listed off that are for a later phase.
   *
   * @param firsts - how many of its layers come first, with those between them
   * @param isHidden - whether a subdirectory does not show
   */
  postpone(frame: WalkFrame, firsts: number, isHidden: (name: Bytes, position: number) => boolean): void {
    if (this.#phase === 'first') postponeBare(frame, firsts, isHidden);
    if (this.byLevels) postponeBare(frame, 0, isHidden);
  }

  /** Whether a subdirectory that was put off before is to be entered in a later phase. */
  waits(path: Bytes): boolean {
    return this.#phase === 'likely' && this.#likely.get(parentOf(path))?.has(baseOf(path)) !== true;
  }

  /** Keeps what is left to do in a frame for a later phase. */
  putOff(frame: WalkFrame): void {
    frame.names = frame.later.names;
    frame.positions = frame.later.positions;
    frame.settled = true;
    frame.later = { names: [], positions: [] };
    this.wait(frame);
  }

  /** Keeps a frame whose subdirectories are to be entered. */
  wait(frame: WalkFrame): void {
    this.#waiting.push(frame);
    if (this.#phase !== 'near') return;
    this.#kept += frame.names.length;
    if (this.#kept > this.#near) this.#leaveNear();
  }

  /** The next directory with subdirectories to be entered. */
  next(): WalkFrame | undefined {
    const likely = this.#likelyFrames.pop();
    if (likely !== undefined) return likely;
    if (!this.inRest) this.#phase = 'near';
    if (this.#phase === 'near') {
      const near = this.#nextNear();
      if (near !== undefined) return near;
      this.#leaveNear();
    }
    return this.asks ? undefined : this.#waiting.pop();
  }

  #leaveNear(): void {
    this.#late = true;
    this.#goOn(this.#knowsLate() ? 'wanting' : 'rest');
  }

  #goOn(phase: 'wanting' | 'rest'): void {
    this.#phase = phase;
    for (const frames of [this.#level, this.#broad])
      for (const frame of frames.splice(0)) this.#waiting.push(frame);
    this.#sort(this.#waiting);
  }

  #nextNear(): WalkFrame | undefined {
    const told = this.#nearTo();
    if (told.length === 0) return undefined;
    if (told !== this.#nearTold) {
      this.#nearTold = told;
      this.#nearness = new Nearness(told);
      for (const frame of this.#level.splice(0)) this.#waiting.push(frame);
    }
    for (;;) {
      if (this.#level.length === 0) this.#beginLevel();
      const frame = this.#level.pop();
      if (frame === undefined || frame.names.length <= this.#near) return frame;
      this.#broad.push(frame);
    }
  }

  /** Takes the nearest of those that wait, the shortest last. */
  #beginLevel(): void {
    const waiting = this.#waiting.splice(0).map((frame) => ({ frame, steps: this.#nearness.to(frame.path) }));
    const nearest = waiting.reduce((least, { steps }) => Math.min(least, steps), Number.POSITIVE_INFINITY);
    for (const { frame, steps } of waiting) (steps === nearest ? this.#level : this.#waiting).push(frame);
    this.#level.sort((a, b) => b.names.length - a.names.length);
  }

  /** Takes over what another walk was to do. */
  add(frames: readonly WalkFrame[]): void {
    this.#goOn('rest');
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
    if (!this.inRest) this.#sort(this.#waiting);
    return this.#waiting.splice(0, count);
  }

  /** Leaves all that waits. */
  drop(): void {
    for (const frames of [this.#waiting, this.#level, this.#broad]) frames.length = 0;
  }

  /** The last is the next: the nearest, first those that held wanted names, deepest first. */
  #sort(frames: WalkFrame[]): void {
    const steps = new Map(frames.map((frame) => [frame, this.#nearness.to(frame.path)]));
    const nearer = (a: WalkFrame, b: WalkFrame): number => (steps.get(b) ?? 0) - (steps.get(a) ?? 0);
    frames.sort(
      (a, b) => nearer(a, b) || Math.sign(a.hits) - Math.sign(b.hits) || a.path.length - b.path.length,
    );
  }
}
