import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { closeDirectory, openSubdirectory, readRecords } from '../../sys/descent.js';
import { fileSystemOf, magic } from '../../sys/filesystem.js';
import { NameStack } from '../../sys/name-stack.js';
import { isDirectory, stat } from '../../sys/stat.js';
import { errnoName, SysError } from '../../sys/sys-error.js';
import { hasXattrFd } from '../../sys/xattr.js';
import type { Layer, LayerDirectory, LoneRule, ViewRules } from '../../union/view-rules.js';
import type { InodeSet } from './inode-set.js';
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
  readonly #fileSystems = new Map<number, bigint>();
  #told = false;

  constructor(rules: ViewRules, visitor: WalkVisitor, progress: WalkProgress) {
    this.#rules = rules;
    this.#visitor = visitor;
    this.#progress = progress;
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
    const [only] = frame.stack as [LayerDirectory];
    this.#rule = this.#rules.lone?.(only.layer) ?? {};
    this.#wanted = this.#visitor.wanted(only.layer.branch);
    this.#marked = this.#marksEnds(only.layer);
    this.#down(only.fd, 0, frame);
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
      const frame = this.#frame(depth);
      const end = this.#starts[depth + 1] ?? this.#names.top;
      frame.names = this.#names.namesBetween(this.#bases[depth] as number, end);
      frame.positions = frame.names.map(() => 0);
      return frame;
    });
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

  #marksEnds({ branch, root }: Layer): boolean {
    try {
      const type = this.#fileSystems.get(branch) ?? fileSystemOf(root).type;
      this.#fileSystems.set(branch, type);
      return type === magic.ext4;
    } catch (error) {
      // Then a directory is read until the kernel says that it ends.
      if (error instanceof SysError) return false;
      throw error;
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
    const branch = this.#frames[0]?.stack[0]?.layer.branch ?? 0;
    this.#visitor.onUnreadable({ path, branch, code: errnoName(errno) });
  }

  /** Enters a subdirectory by the rules: something is mounted on it, or it may lead elsewhere. */
  #ask(depth: number, start: number): Detour | undefined {
    const parent = this.#frame(depth);
    const name = this.#names.nameAt(start);
    const path = joinBytes(parent.path, name);
    this.#names.cut(start);
    let stack: LayerDirectory[];
    try {
      stack = this.#rules.descend(parent.stack, 0, name);
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
    const [above] = parent.stack as [LayerDirectory];
    const directory = {
      layer: above.layer,
      real: joinBytes(above.real, name),
      fd: this.#fds[depth] as number,
    };
    const frame = emptyFrame(joinBytes(parent.path, name), parent, [directory]);
    this.#frames[depth] = frame;
    return frame;
  }
}
