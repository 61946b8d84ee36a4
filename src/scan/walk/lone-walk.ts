import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { closeDirectory, openSubdirectory, readRecords } from '../../sys/descent.js';
import { isLocked } from '../../sys/encryption.js';
import { isDirectory, stat } from '../../sys/stat.js';
import { ENOKEY, errnoName, SysError } from '../../sys/sys-error.js';
import { hasXattrFd } from '../../sys/xattr.js';
import type { Layer, LayerDirectory, LoneRule, ViewRules } from '../../union/view-rules.js';
import type { InodeSet } from './inode-set.js';
import type { KnownTraits } from './layer-traits.js';
import { LonePath } from './lone-path.js';
import { endsAtMark, type SiftedName, siftRecords } from './sift-records.js';
import { emptyFrame, type WalkFrame } from './walk-frame.js';
import type { WalkProgress, WalkVisitor } from './walk-visitor.js';
import { wasRemoved } from './was-removed.js';

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
  readonly #path = new LonePath();
  #rule: LoneRule = {};
  #wanted: InodeSet | 'all' | undefined;
  /** Whether the layer's file system marks the end of a directory. */
  #marked = false;
  /** Whether the layer's file system may hold directories that are locked. */
  #encrypts = false;
  readonly #traits: KnownTraits;
  #told = false;
  #isHalfRead = false;
  #branch = 0;

  constructor(rules: ViewRules, visitor: WalkVisitor, progress: WalkProgress, traits: KnownTraits) {
    this.#rules = rules;
    this.#visitor = visitor;
    this.#progress = progress;
    this.#traits = traits;
  }

  /** Whether nothing is left to be done. */
  get idle(): boolean {
    return this.#path.length === 0;
  }

  /** Whether the deepest directory was not read to its end, since the visitor is behind. */
  get isHalfRead(): boolean {
    return this.#isHalfRead;
  }

  /** Whether as many directories are open as may be: some are to be given away before it goes on. */
  get full(): boolean {
    return this.#path.length >= MAX_OPEN;
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
    const { layer, fd } = frame.stack[0] as LayerDirectory;
    this.#prepare(layer);
    this.#path.begin(frame, 0, fd);
    this.#list(0, fd);
  }

  /**
   * Begins with those subdirectories of a directory that no other layer than one has, which {@link takes} lets in.
   *
   * @param position - of the layer in the directory's stack
   * @param fd - its directory, which belongs to this walk from now on
   */
  goOn(frame: WalkFrame, position: number, fd: number, names: readonly Bytes[]): void {
    this.#prepare((frame.stack[position] as LayerDirectory).layer);
    this.#path.begin(frame, position, fd);
    for (const name of names) this.#path.names.pushName(name);
  }

  /**
   * Enters more directories, up to a number of them in all; one that is not for here after all is given back.
   *
   * @param deeper - takes those over that have subdirectories, all but the first, instead of their being entered here
   */
  step(until: number, deeper?: (frame: WalkFrame) => void): Detour | undefined {
    const path = this.#path;
    const { names } = path;
    if (this.#isHalfRead) this.#read(path.length - 1, path.fd(path.length - 1));
    while (path.length > 0 && !this.#isHalfRead && !this.full && this.#progress.directories < until) {
      const depth = path.length - 1;
      if (path.isDone(depth)) {
        path.pop();
        continue;
      }
      if (deeper !== undefined && depth > 0) {
        deeper(path.takeDeepest());
        continue;
      }
      const start = names.last;
      const fd = this.#open(path.fd(depth), start);
      if (fd >= 0 && (this.#rule.unless === undefined || !hasXattrFd(fd, this.#rule.unless))) {
        this.#list(path.push(fd, start, undefined), fd);
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
    return this.#path.give(count);
  }

  /** Closes every descriptor. */
  close(): void {
    this.#path.close();
  }

  #prepare(layer: Layer): void {
    this.#branch = layer.branch;
    this.#rule = this.#rules.lone?.(layer) ?? {};
    this.#wanted = this.#visitor.wanted(layer.branch);
    this.#marked = this.#traits.of(layer).marksEnds;
    this.#encrypts = layer.encrypts === true;
  }

  /** As `openSubdirectory`; `-ENOKEY` for one that is locked. */
  #open(dirfd: number, start: number): number {
    const fd = openSubdirectory(dirfd, this.#path.names.bytes, start);
    if (!this.#encrypts || fd < 0 || !isLocked(fd)) return fd;
    closeDirectory(fd);
    return -ENOKEY;
  }

  #list(depth: number, fd: number): void {
    this.#progress.directories += 1;
    this.#read(depth, fd);
  }

  #read(depth: number, fd: number): void {
    const { names } = this.#path;
    this.#isHalfRead = false;
    for (;;) {
      const length = readRecords(fd);
      if (length === 0) return;
      if (length === -ENOENT && wasRemoved(fd)) return;
      if (length < 0) {
        this.#unreadable(this.#path.frame(depth).path, -length);
        return;
      }
      const sifted = siftRecords(length, this.#wanted, this.#rules.hidden, names, this.#progress);
      const ended = this.#marked && endsAtMark();
      if (sifted.length > 0) this.#tell(depth, fd, sifted);
      if (ended) return;
      this.#isHalfRead = this.#visitor.isBehind === true;
      if (this.#isHalfRead) return;
    }
  }

  #tell(depth: number, fd: number, sifted: readonly SiftedName[]): void {
    for (const { name, unknown, counts, inode } of sifted) {
      if (unknown && this.#isDirectory(depth, fd, name)) {
        this.#path.names.pushName(name);
      } else if (counts) {
        this.#tellName(this.#path.frame(depth), name, inode);
        this.#told = true;
      }
    }
  }

  #tellName(frame: WalkFrame, name: Bytes, inode: bigint | undefined): void {
    try {
      this.#visitor.onName(frame, 0, name, inode);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.#unreadable(joinBytes(frame.path, name), error.errno);
    }
  }

  #isDirectory(depth: number, fd: number, name: Bytes): boolean {
    try {
      return isDirectory(stat(fd, name));
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.#unreadable(this.#path.frame(depth).path, error.errno);
      return false;
    }
  }

  #refused(depth: number, start: number, errno: number): undefined {
    const gone = errno === ENOENT || errno === ENOTDIR || errno === ENAMETOOLONG || errno === ELOOP;
    if (!gone)
      this.#unreadable(joinBytes(this.#path.frame(depth).path, this.#path.names.nameAt(start)), errno);
    this.#path.names.cut(start);
  }

  #unreadable(path: Bytes, errno: number): void {
    this.#visitor.onUnreadable({ path, branch: this.#branch, code: errnoName(errno) });
  }

  /** Enters a subdirectory by the rules: something is mounted on it, or it may lead elsewhere. */
  #ask(depth: number, start: number): Detour | undefined {
    const parent = this.#path.frame(depth);
    const name = this.#path.names.nameAt(start);
    const path = joinBytes(parent.path, name);
    this.#path.names.cut(start);
    let stack: LayerDirectory[];
    try {
      stack = this.#rules.descend([this.#path.directory(depth)], 0, name);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.#unreadable(path, error.errno);
      return undefined;
    }
    const [top] = stack;
    if (top === undefined) return undefined;
    if (stack.length > 1) return { path, parent, stack };
    this.#list(this.#path.push(top.fd, start, emptyFrame(path, parent, stack)), top.fd);
    return undefined;
  }
}
