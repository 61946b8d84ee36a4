import { type Bytes, joinBytes, parentOf } from '../../sys/bytes.js';
import { type InodeId, inodeOf } from '../../sys/inode-id.js';
import { DT_DIR, DT_UNKNOWN, getdents } from '../../sys/read-directory.js';
import { isDirectory, stat } from '../../sys/stat.js';
import { SysError } from '../../sys/sys-error.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import { closeStack, type LayerDirectory, type Stack, type ViewRules } from '../../union/view-rules.js';
import type { Unreadable } from '../result.js';
import type { InodeSet } from './inode-set.js';
import { emptyFrame, postponeUnlikely, resume, suspend, type WalkFrame } from './walk-frame.js';

/** A merged directory while it is walked. */
export interface WalkDirectory {
  /** Path from the union's root. */
  readonly path: Bytes;
  readonly parent: WalkDirectory | undefined;
  /** The layer directories, top first; open only while the walk is at this directory. */
  readonly stack: Stack;
}

/** What a walk looks for, and whom it tells. */
export interface WalkVisitor {
  /**
   * Inode numbers (`d_ino`) of the names to be told of in a branch; `all` where the numbers are not known or not
   * to be trusted; undefined where nothing is looked for.
   */
  wanted(branch: number): InodeSet | 'all' | undefined;
  /** Whether a subdirectory is worth entering. */
  enters?(stack: Stack): boolean;
  /** Whether every name has been found: then directories that no upper branch has need not be entered. */
  complete?(): boolean;
  /**
   * Directories, as paths from the union's root, to be entered before all others that no upper branch has; asked
   * when the upper branches' were walked and names are still wanting, and again until it tells none. Only the order
   * of the walk depends on it: a path that is not there, or does not show, leads nowhere.
   */
  likely?(): Promise<Iterable<Bytes>>;
  /** Before the names of a directory are read. */
  onDirectory?(directory: WalkDirectory): void;
  /** A name that is not a directory and whose number is wanted, in `directory.stack[position]`; visible or not. */
  onName(directory: WalkDirectory, position: number, name: Bytes): void;
  onUnreadable(unreadable: Unreadable): void;
}

/** How far a walk has come. */
export interface WalkProgress {
  directories: number;
  names: number;
}

/** A merged directory as another thread can open it. */
export interface WalkPlace {
  readonly path: Bytes;
  readonly layers: readonly { readonly branch: number; readonly real: Bytes }[];
}

/** A part of a walk that can be handed to another thread: subdirectories of one directory. */
export interface WalkShare {
  /** The directory and its ancestors, the root last. */
  readonly places: readonly WalkPlace[];
  /** Identities of the directory's layers, to be met again. */
  readonly ids: readonly InodeId[];
  readonly names: Bytes[];
  readonly positions: number[];
}

/** Directories kept open on the way down; deeper trees close the upper ones and open them anew on the way back. */
const MAX_OPEN_FRAMES = 64;
const BUFFER_SIZE = 256 * 1024;

/**
 * A walk of the merged view of a union, every directory once, at the speed of getdents64: no name is looked at
 * but those whose inode number is wanted. Directories that an upper branch has come first, since the names of a
 * changed file are mostly near one another, then those that the visitor finds likely; the rest is left out when the
 * visitor has all it wants.
 */
export class Walk {
  readonly progress: WalkProgress;
  readonly #roots: Stack;
  readonly #rules: ViewRules;
  readonly #visitor: WalkVisitor;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_SIZE);
  readonly #words = new Uint32Array(this.#buffer.buffer, this.#buffer.byteOffset, BUFFER_SIZE / 4);
  readonly #frames: WalkFrame[] = [];
  readonly #postponed: WalkFrame[] = [];
  /** Directories where names are likely, and all above them. */
  readonly #likely = new Set<Bytes>();
  readonly #likelyFrames: WalkFrame[] = [];
  #oldestOpen = 0;
  #phase: 'uppers' | 'likely' | 'rest';

  constructor(roots: Stack, rules: ViewRules, visitor: WalkVisitor, progress: WalkProgress) {
    this.#roots = roots;
    this.#rules = rules;
    this.#visitor = visitor;
    this.progress = progress;
    this.#phase = visitor.complete === undefined ? 'rest' : 'uppers';
  }

  /** Enters the root. */
  start(): void {
    this.#enter('' as Bytes, undefined, reopen(this.#roots));
  }

  /** Whether only that is left which no order helps; it may be shared. */
  get inRest(): boolean {
    return this.#phase === 'rest';
  }

  /** Whether the walk waits to be told where to {@link lookFirst}. */
  get asks(): boolean {
    return (
      this.#phase !== 'rest' &&
      this.#frames.length === 0 &&
      this.#likelyFrames.length === 0 &&
      this.#visitor.likely !== undefined &&
      this.#visitor.complete?.() !== true
    );
  }

  /** Has these directories entered next, before any other; see {@link WalkVisitor.likely}. */
  lookFirst(directories: Iterable<Bytes>): void {
    this.#phase = 'rest';
    for (const directory of directories) {
      this.#phase = 'likely';
      for (let path = directory; path !== '' && !this.#likely.has(path); path = parentOf(path)) {
        this.#likely.add(path);
      }
    }
    for (const frame of this.#postponed.splice(0)) {
      postponeUnlikely(frame, this.#likely);
      if (frame.names.length > 0) this.#likelyFrames.push(frame);
      else this.#putOff(frame);
    }
    if (this.#phase === 'rest') this.#sortPostponed();
  }

  /** Enters about `count` more directories; false when there are none left, or when the walk {@link asks}. */
  step(count: number): boolean {
    const until = this.progress.directories + count;
    while (this.progress.directories < until) {
      const frame = this.#frames.at(-1);
      if (frame === undefined) {
        if (!this.#takePostponed()) return false;
        continue;
      }
      const name = frame.names.pop();
      if (name === undefined) this.#leave(frame);
      else this.#child(frame, name, frame.positions.pop() ?? 0);
    }
    return true;
  }

  /** Gives a part of what is left away: half of the directory nearest to the root, where subtrees are largest. */
  split(): WalkShare | undefined {
    const from = [...this.#postponed, ...this.#frames].find(({ names }) => names.length > 1);
    if (from === undefined || !this.inRest) return undefined;
    const half = from.names.length >> 1;
    const places: WalkPlace[] = [];
    for (let at: WalkFrame | undefined = from; at !== undefined; at = at.parent) {
      places.push({
        path: at.path,
        layers: at.stack.map(({ layer, real }) => ({ branch: layer.branch, real })),
      });
    }
    return {
      places,
      ids: from.closed ?? from.stack.map(({ fd }) => inodeOf(stat(fd, '' as Bytes))),
      names: from.names.splice(0, half),
      positions: from.positions.splice(0, half),
    };
  }

  /** Takes a part of another walk over. */
  add(share: WalkShare): void {
    let frame: WalkFrame | undefined;
    for (const { path, layers } of [...share.places].reverse()) {
      const stack = layers.map(({ branch, real }) => ({ layer: this.#root(branch).layer, real, fd: -1 }));
      frame = { ...emptyFrame(path, frame, stack), closed: share.ids };
    }
    if (frame === undefined) return;
    frame.names = share.names;
    frame.positions = share.positions;
    this.#phase = 'rest';
    this.#postponed.push(frame);
  }

  /** Closes every descriptor; to be called however the walk ends. */
  close(): void {
    for (const frame of this.#frames.splice(0)) if (frame.closed === undefined) closeStack(frame.stack);
  }

  #root(branch: number): LayerDirectory {
    const root = this.#roots.find(({ layer }) => layer.branch === branch);
    if (root === undefined) throw new Error(`branch ${branch} has no root`);
    return root;
  }

  #unreadable(path: Bytes, branch: number, error: unknown): void {
    if (!(error instanceof SysError)) throw error;
    this.#visitor.onUnreadable({ path, branch, code: error.code });
  }

  #enter(path: Bytes, parent: WalkFrame | undefined, stack: LayerDirectory[]): void {
    const frame = emptyFrame(path, parent, stack);
    this.#frames.push(frame);
    this.progress.directories += 1;
    this.#visitor.onDirectory?.(frame);
    for (const [position, directory] of stack.entries()) {
      try {
        this.#list(frame, position, directory);
      } catch (error) {
        this.#unreadable(path, directory.layer.branch, error);
      }
    }
    if (this.#frames.length - this.#oldestOpen <= MAX_OPEN_FRAMES) return;
    const oldest = this.#frames[this.#oldestOpen];
    if (oldest !== undefined) suspend(oldest);
    this.#oldestOpen += 1;
  }

  #list(frame: WalkFrame, position: number, { fd, layer }: LayerDirectory): void {
    const wanted = this.#visitor.wanted(layer.branch);
    const [buffer, words, rules] = [this.#buffer, this.#words, this.#rules];
    for (;;) {
      const length = getdents(fd, buffer);
      if (length === 0) return;
      const hits: Bytes[] = [];
      for (let at = 0; at < length; ) {
        const word = at >> 2;
        const sizeAndType = words[word + 4] as number;
        const size = sizeAndType & 0xffff;
        const type = (sizeAndType >>> 16) & 0xff;
        this.progress.names += 1;
        if (type === DT_DIR || type === DT_UNKNOWN) {
          const name = nameAt(buffer, at, size);
          if (name !== '.' && name !== '..' && !rules.hidden(name)) {
            if (type === DT_DIR || isDirectory(stat(fd, name))) {
              frame.names.push(name);
              frame.positions.push(position);
            } else if (wanted !== undefined) {
              hits.push(name);
            }
          }
        } else if (
          wanted !== undefined &&
          (wanted === 'all' || wanted.has(words[word] as number, words[word + 1] as number))
        ) {
          const name = nameAt(buffer, at, size);
          if (!rules.hidden(name)) hits.push(name);
        }
        at += size;
      }
      if (layer.role !== 'upper') frame.hits += hits.length;
      for (const name of hits) this.#visitor.onName(frame, position, name);
    }
  }

  #child(frame: WalkFrame, name: Bytes, position: number): void {
    const path = joinBytes(frame.path, name);
    let stack: LayerDirectory[];
    try {
      if (frame.closed !== undefined) resume(frame, (branch) => this.#root(branch).fd);
      for (let higher = 0; higher < position; higher += 1) {
        if (this.#rules.decides(frame.stack[higher] as LayerDirectory, name)) return;
      }
      if (this.#waits(frame, position, path)) {
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
    if (frame.later.names.length > 0) this.#putOff(frame);
    this.#frames.pop();
    this.#oldestOpen = Math.max(0, Math.min(this.#oldestOpen, this.#frames.length - 1));
  }

  /** Keeps what is left to do in a frame for a later phase. */
  #putOff(frame: WalkFrame): void {
    frame.names = frame.later.names;
    frame.positions = frame.later.positions;
    frame.later = { names: [], positions: [] };
    this.#postponed.push(frame);
  }

  /** Whether a subdirectory is to be entered in a later phase. */
  #waits({ stack }: WalkFrame, position: number, path: Bytes): boolean {
    if (this.#phase === 'rest') return false;
    return noUpper(stack, position) && !this.#likely.has(path);
  }

  /** The next directory with subdirectories that no upper has. */
  #takePostponed(): boolean {
    if (this.asks || this.#visitor.complete?.() === true) return false;
    let frame = this.#likelyFrames.pop();
    if (frame === undefined) {
      if (this.#phase !== 'rest') {
        this.#phase = 'rest';
        this.#sortPostponed();
      }
      frame = this.#postponed.pop();
    }
    if (frame === undefined) return false;
    this.#frames.push(frame);
    this.#oldestOpen = this.#frames.length - 1;
    return true;
  }

  /** The last is the next: first those that held wanted names, deepest first. */
  #sortPostponed(): void {
    this.#postponed.sort((a, b) => Math.sign(a.hits) - Math.sign(b.hits) || a.path.length - b.path.length);
  }
}

function nameAt(buffer: Buffer, at: number, size: number): Bytes {
  // Records are padded to eight bytes: the NUL is among the last eight.
  let end = Math.max(at + 19, at + size - 8);
  while (buffer[end] !== 0) end += 1;
  return buffer.toString('latin1', at + 19, end) as Bytes;
}

function noUpper(stack: Stack, from: number): boolean {
  for (let i = from; i < stack.length; i += 1) if (stack[i]?.layer.role === 'upper') return false;
  return true;
}

function reopen(roots: Stack): LayerDirectory[] {
  const opened: LayerDirectory[] = [];
  try {
    for (const root of roots) opened.push({ ...root, fd: openQuietly(root.fd, '' as Bytes) });
    return opened;
  } catch (error) {
    closeStack(opened);
    throw error;
  }
}
