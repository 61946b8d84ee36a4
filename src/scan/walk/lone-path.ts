import { joinBytes } from '../../sys/bytes.js';
import { closeDirectory } from '../../sys/descent.js';
import { NameStack } from '../../sys/name-stack.js';
import type { LayerDirectory } from '../../union/view-rules.js';
import { emptyFrame, identify, type WalkFrame } from './walk-frame.js';

/**
 * The directories that are open on the way down through one layer, each with the names of the subdirectories still to be
 * entered. A directory becomes a frame only when there is something to be told of it.
 */
export class LonePath {
  /** The subdirectories' names, those of the deepest directory on top, its own name below them. */
  readonly names = new NameStack();
  readonly #fds: number[] = [];
  /** Where each directory's own name begins, and where its subdirectories' do. */
  readonly #starts: number[] = [];
  readonly #bases: number[] = [];
  readonly #frames: (WalkFrame | undefined)[] = [];
  /** Of the layer in the stack of the first directory, which alone may be merged. */
  #position = 0;

  get length(): number {
    return this.#fds.length;
  }

  /** Descriptor of the directory at a depth. */
  fd(depth: number): number {
    return this.#fds[depth] as number;
  }

  /** Whether nothing is left to be entered below the deepest directory, which is at `depth`. */
  isDone(depth: number): boolean {
    return this.names.top === this.#bases[depth];
  }

  /** Begins anew with a directory; its descriptor belongs to the path from now on. */
  begin(frame: WalkFrame, position: number, fd: number): void {
    this.#position = position;
    this.push(fd, 0, frame);
  }

  /**
   * Adds a directory, whose name is the topmost one; its descriptor belongs to the path from now on.
   *
   * @param start - where its name begins
   * @returns its depth
   */
  push(fd: number, start: number, frame: WalkFrame | undefined): number {
    this.#starts.push(start);
    this.#bases.push(this.names.top);
    this.#frames.push(frame);
    return this.#fds.push(fd) - 1;
  }

  /** Closes the deepest directory and takes it away. */
  pop(): void {
    closeDirectory(this.#fds.pop() as number);
    this.names.cut(this.#starts.pop() as number);
    this.#bases.pop();
    this.#frames.pop();
  }

  /** Closes the deepest directory, not the first, and takes it away as a frame that goes its own way. */
  takeDeepest(): WalkFrame {
    const depth = this.length - 1;
    const frame = this.frame(depth);
    frame.names = this.names.namesBetween(this.#bases[depth] as number, this.names.top);
    frame.positions = frame.names.map(() => 0);
    frame.settled = true;
    frame.closed = identify(frame);
    this.pop();
    return frame;
  }

  /** What can be told of a directory. */
  frame(depth: number): WalkFrame {
    const known = this.#frames[depth];
    if (known !== undefined) return known;
    const parent = this.frame(depth - 1);
    const name = this.names.nameAt(this.#starts[depth] as number);
    const above = this.directory(depth - 1);
    const directory = { layer: above.layer, real: joinBytes(above.real, name), fd: this.fd(depth) };
    const frame = emptyFrame(joinBytes(parent.path, name), parent, [directory]);
    this.#frames[depth] = frame;
    return frame;
  }

  /** The layer's directory, open. */
  directory(depth: number): LayerDirectory {
    const { layer, real } = this.frame(depth).stack[this.#positionAt(depth)] as LayerDirectory;
    return { layer, real, fd: this.fd(depth) };
  }

  /** Makes frames of the directories nearest to the root, at most `count`, the nearest first. */
  give(count: number): WalkFrame[] {
    const all = Math.min(count, this.length);
    // What stays is told of by its frame from now on: the names of those above it leave.
    if (all < this.length) this.frame(all);
    const given = Array.from({ length: all }, (_, depth) => {
      const frame = this.#givable(depth);
      const end = this.#starts[depth + 1] ?? this.names.top;
      const position = this.#positionAt(depth);
      frame.names = this.names.namesBetween(this.#bases[depth] as number, end);
      frame.positions = frame.names.map(() => position);
      frame.settled = true;
      return frame;
    });
    if (all > 0) this.#position = 0;
    const gone = this.#starts[all] ?? this.names.top;
    for (const list of [this.#fds, this.#starts, this.#bases, this.#frames]) list.splice(0, all);
    this.names.discard(gone);
    this.#starts.forEach((start, depth) => {
      this.#starts[depth] = start - gone;
      this.#bases[depth] = (this.#bases[depth] as number) - gone;
    });
    return given;
  }

  /** Closes every descriptor. */
  close(): void {
    for (const fd of this.#fds.splice(0)) closeDirectory(fd);
    for (const list of [this.#starts, this.#bases, this.#frames]) list.length = 0;
    this.names.cut(0);
  }

  #positionAt(depth: number): number {
    return depth === 0 ? this.#position : 0;
  }

  /** A frame that may go its own way: the first one may still be somebody's, who has closed its directories. */
  #givable(depth: number): WalkFrame {
    const frame = this.frame(depth);
    if (frame.closed === undefined) return frame;
    closeDirectory(this.fd(depth));
    return { ...emptyFrame(frame.path, frame.parent, frame.stack), closed: frame.closed };
  }
}
