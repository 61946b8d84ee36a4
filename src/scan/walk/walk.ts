import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { SysError } from '../../sys/sys-error.js';
import { LockedDirectory } from '../../union/locked-directory.js';
import {
  closeStack,
  type Layer,
  type LayerDirectory,
  type Stack,
  type ViewRules,
} from '../../union/view-rules.js';
import { FrameStack } from './frame-stack.js';
import { giveAway } from './give-away.js';
import { KnownTraits } from './layer-traits.js';
import { LoneWalk, MAX_OPEN } from './lone-walk.js';
import { MergedListing } from './merged-listing.js';
import { emptyFrame, lastAlone, reopened, resume, suspend, takeOut, type WalkFrame } from './walk-frame.js';
import { NEAR, WalkOrder } from './walk-order.js';
import { frameOf, type WalkShare } from './walk-share.js';
import type { WalkProgress, WalkVisitor } from './walk-visitor.js';
import type { WalkWays } from './walk-ways.js';

/**
 * A walk of the merged view of a union, every directory once, at the speed of getdents64: no name is looked at
 * but those whose inode number is wanted. Directories that an upper branch has come first, since the names of a
 * changed file are mostly near one another, and with them those that may lead elsewhere, since what they lead to is
 * known only then; next those that the visitor finds likely; the rest is left out when the visitor has all it wants.
 */
export class Walk {
  readonly progress: WalkProgress;
  readonly #roots: Stack;
  readonly #rules: ViewRules;
  readonly #visitor: WalkVisitor;
  readonly #ways: WalkWays;
  readonly #lone: LoneWalk;
  readonly #listing: MergedListing;
  readonly #frames = new FrameStack();
  readonly #order: WalkOrder;
  readonly #wait = (frame: WalkFrame): void => this.#order.wait(frame);
  readonly #lead = (frame: WalkFrame): void => this.#order.lead(frame);

  constructor(
    roots: Stack,
    rules: ViewRules,
    visitor: WalkVisitor,
    progress: WalkProgress,
    ways: WalkWays = {},
  ) {
    this.#roots = roots;
    this.#rules = rules;
    this.#visitor = visitor;
    this.progress = progress;
    const traits = new KnownTraits();
    this.#lone = new LoneWalk(rules, visitor, progress, traits);
    this.#listing = new MergedListing(rules, visitor, progress, traits);
    this.#ways = ways;
    this.#order = new WalkOrder(
      visitor.complete !== undefined && ways.early !== false,
      () => visitor.nearTo?.() ?? [],
      ways.near ?? NEAR,
      () => visitor.knowsLate === true,
    );
  }

  /** Enters the root. */
  start(): void {
    this.#enter('' as Bytes, undefined, reopened(this.#roots));
  }

  /** Whether the walk is led no more: what is left may be entered in any order, and shared. */
  get inRest(): boolean {
    return this.#order.inRest;
  }

  /** Whether the visitor has all it wants. */
  get complete(): boolean {
    return this.#ways.early !== false && this.#visitor.complete?.() === true;
  }

  /** Whether the walk waits to be told where to {@link lookFirst}. */
  get asks(): boolean {
    return (
      this.#order.asks && this.#frames.length === 0 && this.#visitor.likely !== undefined && !this.complete
    );
  }

  /** Whether it asks for the last time: what is left then is walked. */
  get isLate(): boolean {
    return this.#order.isLate;
  }

  /** Has these directories entered next, before any other; see {@link WalkVisitor.likely}. */
  lookFirst(directories: Iterable<Bytes>): void {
    this.#order.lookFirst(directories);
  }

  /** Enters about `count` more directories; false when there are none left, or when the walk {@link asks}. */
  step(count: number): boolean {
    const until = this.progress.directories + count;
    while (this.progress.directories < until) {
      if (!this.#lone.idle) {
        if (!this.#stepLone(until)) return false;
        if (this.#lone.isHalfRead) return true;
        continue;
      }
      const frame = this.#frames.top;
      if (frame === undefined) {
        if (!this.#takeNext()) return false;
        continue;
      }
      if (frame.settled && (this.inRest || this.#order.isLed)) {
        // Once for each: what is left then is for the rules.
        frame.settled = false;
        if (this.#goOnLone(frame)) continue;
      }
      const name = frame.names.pop();
      if (name === undefined) this.#leave(frame);
      else this.#child(frame, name, frame.positions.pop() ?? 0);
    }
    return true;
  }

  /** Whether it gives anything away; see `WalkOrder`. */
  get mayShare(): boolean {
    return this.#ways.eager === true || this.#order.mayShare;
  }

  /** Gives about half of what is left away; empty if there is too little. */
  split(): WalkShare[] {
    if (!this.mayShare) return [];
    return giveAway(
      { order: this.#order, frames: this.#frames, lone: this.#lone },
      this.#ways.eager === true,
    );
  }

  /** Takes parts of another walk over. */
  add(shares: readonly WalkShare[]): void {
    this.#order.add(shares.map((share) => frameOf(share, (branch) => this.#root(branch).layer)));
  }

  /** Closes every descriptor; to be called however the walk ends. */
  close(): void {
    this.#lone.close();
    this.#frames.close();
  }

  #root(branch: number): LayerDirectory {
    const root = this.#roots.find(({ layer }) => layer.branch === branch);
    if (root === undefined) throw new Error(`branch ${branch} has no root`);
    return root;
  }

  #unreadable(path: Bytes, branch: number, error: unknown): void {
    if (!(error instanceof SysError)) throw error;
    // Any layer of a merged directory may be the one.
    const at = error instanceof LockedDirectory ? error.branch : branch;
    this.#visitor.onUnreadable({ path, branch: at, code: error.code });
  }

  #enter(path: Bytes, parent: WalkFrame | undefined, stack: LayerDirectory[]): void {
    const frame = emptyFrame(path, parent, stack);
    if (parent !== undefined && this.#entersLone(stack)) {
      this.#lone.begin(frame);
      return;
    }
    this.#frames.push(frame);
    this.progress.directories += 1;
    this.#visitor.onDirectory?.(frame);
    for (const [position, directory] of stack.entries()) {
      try {
        const there = this.#listing.list(frame, position, directory);
        // With the topmost the union's own is gone, whatever lower layers have under its name.
        if (!there && position === 0 && directory.layer.role === 'upper') return;
      } catch (error) {
        this.#unreadable(path, directory.layer.branch, error);
      }
    }
    const firsts = 1 + stack.findLastIndex(({ layer }) => this.#comesFirst(layer));
    const opensAll = this.#visitor.opensAll === true;
    this.#order.postpone(
      frame,
      firsts,
      (name, position) =>
        this.#isHidden(frame, name, position) || (opensAll && !this.#opens(frame, name, position)),
    );
  }

  /** Whether a subdirectory can be opened; told of where it cannot. */
  #opens(frame: WalkFrame, name: Bytes, position: number): boolean {
    try {
      const stack = this.#rules.descend(frame.stack, position, name);
      closeStack(stack);
      return stack.length > 0;
    } catch (error) {
      this.#unreadable(joinBytes(frame.path, name), frame.stack[position]?.layer.branch ?? 0, error);
      return false;
    }
  }

  /** Whether a layer's directories come before all others: those of an upper, and those that may lead elsewhere. */
  #comesFirst(layer: Layer): boolean {
    return layer.role === 'upper' || this.#rules.lone?.(layer)?.unless !== undefined;
  }

  /** Whether a higher layer of a directory decides of a name that one below has, or it cannot be told. */
  #isHidden(frame: WalkFrame, name: Bytes, position: number): boolean {
    try {
      for (let higher = 0; higher < position; higher += 1) {
        if (this.#rules.decides(frame.stack[higher] as LayerDirectory, name)) return true;
      }
      return false;
    } catch (error) {
      this.#unreadable(joinBytes(frame.path, name), frame.stack[position]?.layer.branch ?? 0, error);
      return true;
    }
  }

  /** Whether everything below a directory can be walked at once, without the rules. */
  #entersLone(stack: Stack): boolean {
    if (this.#ways.lone === false) return false;
    const [top] = stack;
    if (top === undefined || !this.#lone.takes(stack)) return false;
    return this.#comesFirst(top.layer) || (this.inRest && !this.#order.byLevels);
  }

  /** Goes on below a directory that one layer alone has; false when all that was looked for is found. */
  #stepLone(until: number): boolean {
    const { byLevels, isLed } = this.#order;
    const detour = this.#lone.step(until, byLevels ? this.#wait : isLed ? this.#lead : undefined);
    if (detour !== undefined || this.#lone.full) {
      const count = detour === undefined ? MAX_OPEN >> 1 : MAX_OPEN;
      for (const frame of this.#lone.give(count)) this.#frames.push(frame);
    }
    if (detour !== undefined) this.#enter(detour.path, detour.parent, detour.stack);
    if (!this.#lone.takeTold() || !this.inRest || !this.complete) return true;
    this.close();
    this.#order.drop();
    return false;
  }

  /** Leaves the subdirectories that only the last layer of a directory can have to the walk without the rules. */
  #goOnLone(frame: WalkFrame): boolean {
    if (this.#ways.lone === false) return false;
    const last = frame.stack.length - 1;
    const directory = frame.stack[last] as LayerDirectory;
    if (!frame.positions.includes(last) || !this.#lone.takes([directory])) return false;
    const fd = lastAlone(frame, (branch) => this.#root(branch).fd);
    if (fd === undefined) return false;
    const names = takeOut(frame, last);
    if (frame.closed === undefined) this.#frames.pop();
    this.#lone.goOn(frame, last, fd, names);
    return true;
  }

  #child(frame: WalkFrame, name: Bytes, position: number): void {
    const path = joinBytes(frame.path, name);
    let stack: LayerDirectory[];
    try {
      if (frame.closed !== undefined) resume(frame, (branch) => this.#root(branch).fd);
      if (this.#isHidden(frame, name, position)) return;
      if (this.#order.waits(path)) {
        frame.later.names.push(name);
        frame.later.positions.push(position);
        return;
      }
      stack = this.#rules.descend(frame.stack, position, name);
    } catch (error) {
      this.#unreadable(path, frame.stack[position]?.layer.branch ?? 0, error);
      return;
    }
    if (stack.length === 0) return;
    if (this.#visitor.enters !== undefined && !this.#visitor.enters(stack)) closeStack(stack);
    else this.#enter(path, frame, stack);
  }

  #leave(frame: WalkFrame): void {
    if (frame.later.names.length > 0 && frame.closed === undefined) suspend(frame);
    else if (frame.closed === undefined) closeStack(frame.stack);
    if (frame.later.names.length > 0) this.#order.putOff(frame);
    this.#frames.pop();
  }

  /** The next directory with subdirectories that were put off. */
  #takeNext(): boolean {
    if (this.asks || this.complete) return false;
    const frame = this.#order.next();
    if (frame === undefined) return false;
    this.#frames.push(frame);
    return true;
  }
}
