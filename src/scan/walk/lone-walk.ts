import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { closeDirectory, openSubdirectory, readRecords } from '../../sys/descent.js';
import { NameStack } from '../../sys/name-stack.js';
import { isDirectory, stat } from '../../sys/stat.js';
import { errnoName, SysError } from '../../sys/sys-error.js';
import { hasXattrFd } from '../../sys/xattr.js';
import type { LayerDirectory, LoneRule, ViewRules } from '../../union/view-rules.js';
import type { InodeSet } from './inode-set.js';
import type { KnownTraits } from './layer-traits.js';
import { endsAtMark, type SiftedName, siftRecords } from './sift-records.js';
import { emptyFrame, type WalkFrame } from './walk-frame.js';
import type { WalkProgress, WalkVisitor } from './walk-visitor.js';

/** Directories open at a time; above, the upper half becomes frames, which know how to be closed and opened anew. */
export const MAX_OPEN = 64;

const ENOENT = 2;
const EXDEV = 18;
const ENOTDIR = 20;
const ENAMETOOLONG = 36;
const ELOOP = 40;

/** A directory of which several layers have a part after all: it is walked by the rules. */
export interface Detour {
  readonly path: Bytes;
  readonly parent: WalkFrame;
  readonly stack: LayerDirectory[];
}

/**
 * The part of a walk below a directory that one layer alone has, which is most of every walk. Nothing is kept of a
 * directory but its descriptor and the names of the subdirectories still to be entered, as raw bytes; it becomes a
 * frame with a path when there is something to be told of it.
 */
export class LoneWalk {
  readonly #rules: ViewRules;
  readonly #visitor: WalkVisitor;
  readonly #progress: WalkProgress;
  readonly #names = new NameStack();
  /** On the way down, a place for each directory: its descriptor, where its name lies, where its subdirectories begin. */
  readonly #fds: number[] = [];
  readonly #starts: number[] = [];
  readonly #bases: number[] = [];
  readonly #frames: (WalkFrame | undefined)[] = [];
  #rule: LoneRule = {};
  #wanted: InodeSet | 'all' | undefined;
  /** Whether the layer's file system marks the end of a directory. */
  #marked = false;
  readonly #traits: KnownTraits;
  #told = false;
  #branch = 0;
  /** Of the layer in the stack of the directory that it began with. */
  #position = 0;

  constructor(rules: ViewRules, visitor: WalkVisitor, progress: WalkProgress, traits: KnownTraits) {
    this.#rules = rules;
    this.#visitor = visitor;
    this.#progress = progress;
    this.#traits = traits;
  }

  /** Whether nothing is left to be done. */
  get idle(): boolean {
    return this.#fds.length === 0;
  }

  /** Whether as many directories are open as may be: some are to be given away before it goes on. */
  get full(): boolean {
    return this.#fds.length >= MAX_OPEN;
  }

  /** Whether the visitor was told of names since this was last asked. */
  takeTold(): boolean {
    const told = this.#told;
    this.#told = false;
    return told;
  }

  /** Whether a directory can be walked here, with everything below it. */
  takes(stack: readonly LayerDirectory[]): boolean {
    const [only] = stack;
    if (stack.length !== 1 || only === undefined || this.#rules.lone?.(only.layer) === undefined)
      return false;
    const { enters, onDirectory, passesOver } = this.#visitor;
    return (
      (enters === undefined && onDirectory === undefined) ||
      passesOver?.call(this.#visitor, only.layer) === true
    );
  }

  /** Begins with a directory that {@link takes} lets in; its descriptor belongs to this walk from now on. */
  begin(frame: WalkFrame): void {
    this.#prepare(frame, 0);
    this.#down((frame.stack[0] as LayerDirectory).fd, 0, frame);
  }

  /**
   * Begins with those subdirectories of a directory that no other layer than one has, which {@link takes} lets in.
   *
   * @param position - of the layer in the directory's stack
   * @param fd - its directory, which belongs to this walk from now on
   */
  goOn(frame: WalkFrame, position: number, fd: number, names: readonly Bytes[]): void {
    this.#prepare(frame, position);
    this.#fds.push(fd);
    this.#starts.push(0);
    this.#bases.push(0);
    this.#frames.push(frame);
    for (const name of names) this.#names.pushName(name);
  }

  /** Enters more directories, up to a number of them in all; one that is not for here after all is given back. */
  step(until: number): Detour | undefined {
    const names = this.#names;
    while (this.#fds.length > 0 && !this.full && this.#progress.directories < until) {
      const depth = this.#fds.length - 1;
      if (names.top === this.#bases[depth]) {
        this.#up(depth);
        continue;
      }
      const start = names.last;
      const fd = openSubdirectory(this.#fds[depth] as number, names.bytes, start);
      if (fd >= 0 && (this.#rule.unless === undefined || !hasXattrFd(fd, this.#rule.unless))) {
        this.#down(fd, start, undefined);
        continue;
      }
      if (fd >= 0) closeDirectory(fd);
      const detour = fd >= 0 || fd === -EXDEV ? this.#ask(depth, start) : this.#refused(depth, start, -fd);
      if (detour !== undefined) return detour;
    }
    return undefined;
  }

  /** Makes frames of the directories nearest to the root, at most `count`, the nearest first. */
  give(count: number): WalkFrame[] {
    const all = Math.min(count, this.#fds.length);
    // What stays is told of by its frame from now on: the names of those above it leave.
    if (all < this.#fds.length) this.#frame(all);
    const given = Array.from({ length: all }, (_, depth) => {
      const frame = this.#givable(depth);
      const end = this.#starts[depth + 1] ?? this.#names.top;
      frame.names = this.#names.namesBetween(this.#bases[depth] as number, end);
      const position = this.#positionAt(depth);
      frame.positions = frame.names.map(() => position);
      frame.settled = true;
      return frame;
    });
    if (all > 0) this.#position = 0;
    const gone = this.#starts[all] ?? this.#names.top;
    for (const list of [this.#fds, this.#starts, this.#bases, this.#frames]) list.splice(0, all);
    this.#names.discard(gone);
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
    this.#names.cut(0);
  }

  #prepare({ stack }: WalkFrame, position: number): void {
    const { layer } = stack[position] as LayerDirectory;
    this.#position = position;
    this.#branch = layer.branch;
    this.#rule = this.#rules.lone?.(layer) ?? {};
    this.#wanted = this.#visitor.wanted(layer.branch);
    this.#marked = this.#traits.of(layer).marksEnds;
  }

  #down(fd: number, start: number, frame: WalkFrame | undefined): void {
    const depth = this.#fds.push(fd) - 1;
    this.#starts.push(start);
    this.#bases.push(this.#names.top);
    this.#frames.push(frame);
    this.#progress.directories += 1;
    for (;;) {
      const length = readRecords(fd);
      if (length === 0) return;
      if (length < 0) {
        this.#unreadable(this.#frame(depth).path, -length);
        return;
      }
      const sifted = siftRecords(length, this.#wanted, this.#rules.hidden, this.#names, this.#progress);
      const ended = this.#marked && endsAtMark();
      if (sifted.length > 0) this.#tell(depth, fd, sifted);
      if (ended) return;
    }
  }

  #up(depth: number): void {
    closeDirectory(this.#fds.pop() as number);
    this.#names.cut(this.#starts.pop() as number);
    this.#bases.length = depth;
    this.#frames.length = depth;
  }

  #tell(depth: number, fd: number, sifted: readonly SiftedName[]): void {
    for (const { name, unknown, counts, inode } of sifted) {
      if (unknown && this.#isDirectory(depth, fd, name)) {
        this.#names.pushName(name);
      } else if (counts) {
        this.#visitor.onName(this.#frame(depth), 0, name, inode);
        this.#told = true;
      }
    }
  }

  #isDirectory(depth: number, fd: number, name: Bytes): boolean {
    try {
      return isDirectory(stat(fd, name));
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.#unreadable(this.#frame(depth).path, error.errno);
      return false;
    }
  }

  #refused(depth: number, start: number, errno: number): undefined {
    const gone = errno === ENOENT || errno === ENOTDIR || errno === ENAMETOOLONG || errno === ELOOP;
    if (!gone) this.#unreadable(joinBytes(this.#frame(depth).path, this.#names.nameAt(start)), errno);
    this.#names.cut(start);
  }

  #unreadable(path: Bytes, errno: number): void {
    this.#visitor.onUnreadable({ path, branch: this.#branch, code: errnoName(errno) });
  }

  /** Enters a subdirectory by the rules: something is mounted on it, or it may lead elsewhere. */
  #ask(depth: number, start: number): Detour | undefined {
    const parent = this.#frame(depth);
    const name = this.#names.nameAt(start);
    const path = joinBytes(parent.path, name);
    this.#names.cut(start);
    let stack: LayerDirectory[];
    try {
      stack = this.#rules.descend([this.#directory(depth)], 0, name);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.#unreadable(path, error.errno);
      return undefined;
    }
    const [top] = stack;
    if (top === undefined) return undefined;
    if (stack.length > 1) return { path, parent, stack };
    this.#down(top.fd, start, emptyFrame(path, parent, stack));
    return undefined;
  }

  /** What can be told of a directory on the way down. */
  #frame(depth: number): WalkFrame {
    const known = this.#frames[depth];
    if (known !== undefined) return known;
    const parent = this.#frame(depth - 1);
    const name = this.#names.nameAt(this.#starts[depth] as number);
    const { layer, real } = parent.stack[this.#positionAt(depth - 1)] as LayerDirectory;
    const directory = { layer, real: joinBytes(real, name), fd: this.#fds[depth] as number };
    const frame = emptyFrame(joinBytes(parent.path, name), parent, [directory]);
    this.#frames[depth] = frame;
    return frame;
  }

  /** Only the directory that this walk began with may be merged. */
  #positionAt(depth: number): number {
    return depth === 0 ? this.#position : 0;
  }

  #directory(depth: number): LayerDirectory {
    const { layer, real } = this.#frame(depth).stack[this.#positionAt(depth)] as LayerDirectory;
    return { layer, real, fd: this.#fds[depth] as number };
  }

  /** A frame that may go its own way: the one that this walk began with may still be somebody's. */
  #givable(depth: number): WalkFrame {
    const frame = this.#frame(depth);
    if (frame.closed === undefined) return frame;
    closeDirectory(this.#fds[depth] as number);
    return { ...emptyFrame(frame.path, frame.parent, frame.stack), closed: frame.closed };
  }
}
