import { type Bytes, joinBytes } from '../sys/bytes.js';
import { sameInode } from '../sys/inode-id.js';
import { DT_DIR, DT_UNKNOWN, getdents } from '../sys/read-directory.js';
import { isDirectory, type Stat, stat, statIfThere } from '../sys/stat.js';
import { SysError } from '../sys/sys-error.js';
import { openLongPath, openQuietly } from '../union/open-layer-directory.js';
import { closeStack, type LayerDirectory, type Stack, type ViewRules } from '../union/view-rules.js';
import type { InodeSet } from './inode-set.js';
import type { Unreadable } from './result.js';

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

interface Frame extends WalkDirectory {
  stack: LayerDirectory[];
  readonly parent: Frame | undefined;
  /** Subdirectories still to be entered, and the stack position each was found at. */
  readonly names: Bytes[];
  readonly positions: number[];
  /** Identities of the directories while they are closed to save descriptors. */
  closed: readonly Stat[] | undefined;
}

/** Directories kept open on the way down; deeper trees close the upper ones and open them anew on the way back. */
const MAX_OPEN_FRAMES = 64;
const BUFFER_SIZE = 256 * 1024;

/**
 * Walks the merged view of a union, every directory once, at the speed of getdents64: no name is looked at but
 * those whose inode number is wanted. Yields now and then so that the caller may breathe or stop.
 */
export function* walk(
  roots: Stack,
  rules: ViewRules,
  visitor: WalkVisitor,
  progress: WalkProgress = { directories: 0, names: 0 },
): Generator<WalkProgress, WalkProgress> {
  const buffer = Buffer.allocUnsafe(BUFFER_SIZE);
  const words = new Uint32Array(buffer.buffer, buffer.byteOffset, BUFFER_SIZE / 4);
  const frames: Frame[] = [];
  let oldestOpen = 0;

  const unreadable = (path: Bytes, branch: number, error: unknown): void => {
    if (!(error instanceof SysError)) throw error;
    visitor.onUnreadable({ path, branch, code: error.code });
  };

  const enter = (path: Bytes, parent: Frame | undefined, stack: LayerDirectory[]): void => {
    const frame: Frame = { path, parent, stack, names: [], positions: [], closed: undefined };
    frames.push(frame);
    progress.directories += 1;
    visitor.onDirectory?.(frame);
    for (const [position, directory] of stack.entries()) {
      try {
        list(frame, position, directory);
      } catch (error) {
        unreadable(path, directory.layer.branch, error);
      }
    }
    if (frames.length - oldestOpen > MAX_OPEN_FRAMES) {
      const oldest = frames[oldestOpen];
      if (oldest !== undefined) suspend(oldest);
      oldestOpen += 1;
    }
  };

  const list = (frame: Frame, position: number, { fd, layer }: LayerDirectory): void => {
    const wanted = visitor.wanted(layer.branch);
    for (;;) {
      const length = getdents(fd, buffer);
      if (length === 0) return;
      const hits: Bytes[] = [];
      for (let at = 0; at < length; ) {
        const word = at >> 2;
        const sizeAndType = words[word + 4] as number;
        const size = sizeAndType & 0xffff;
        const type = (sizeAndType >>> 16) & 0xff;
        progress.names += 1;
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
      for (const name of hits) visitor.onName(frame, position, name);
    }
  };

  try {
    enter('' as Bytes, undefined, roots.map(reopenRoot));
    while (frames.length > 0) {
      const frame = frames[frames.length - 1] as Frame;
      const name = frame.names.pop();
      if (name === undefined) {
        if (frame.closed === undefined) closeStack(frame.stack);
        frames.pop();
        if (oldestOpen > 0 && oldestOpen >= frames.length) oldestOpen = Math.max(0, frames.length - 1);
        continue;
      }
      const position = frame.positions.pop() ?? 0;
      const path = joinBytes(frame.path, name);
      let stack: LayerDirectory[];
      try {
        if (frame.closed !== undefined) resume(frame, roots);
        if (frame.stack.slice(0, position).some((higher) => rules.decides(higher, name))) continue;
        stack = rules.descend(frame.stack, position, name);
      } catch (error) {
        unreadable(path, frame.stack[position]?.layer.branch ?? 0, error);
        continue;
      }
      if (stack.length === 0) continue;
      if (visitor.enters !== undefined && !visitor.enters(stack)) {
        closeStack(stack);
        continue;
      }
      enter(path, frame, stack);
      if ((progress.directories & 255) === 0) yield progress;
    }
    return progress;
  } finally {
    for (const frame of frames) if (frame.closed === undefined) closeStack(frame.stack);
  }
}

function nameAt(buffer: Buffer, at: number, size: number): Bytes {
  let end = Math.max(at + 19, at + size - 8);
  while (buffer[end] !== 0) end += 1;
  return buffer.toString('latin1', at + 19, end) as Bytes;
}

function reopenRoot(directory: LayerDirectory): LayerDirectory {
  return { ...directory, fd: openQuietly(directory.fd, '' as Bytes) };
}

function suspend(frame: Frame): void {
  frame.closed = frame.stack.map(({ fd }) => stat(fd, '' as Bytes));
  closeStack(frame.stack);
}

/** Opens a frame's directories again; one that is no longer the same is an error and not another directory. */
function resume(frame: Frame, roots: Stack): void {
  const opened: LayerDirectory[] = [];
  try {
    for (const [i, { layer, real }] of frame.stack.entries()) {
      const root = roots.find((each) => each.layer === layer);
      const was = frame.closed?.[i];
      if (root === undefined || was === undefined) throw new Error('a layer without a root');
      const fd = openLongPath(root.fd, real);
      opened.push({ layer, real, fd });
      const now = statIfThere(fd, '' as Bytes);
      if (now === undefined || !sameInode(was, now)) throw new SysError('openat2', 116, real);
    }
  } catch (error) {
    closeStack(opened);
    throw error;
  }
  frame.stack = opened;
  frame.closed = undefined;
}
