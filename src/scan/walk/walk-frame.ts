import type { Bytes } from '../../sys/bytes.js';
import { type InodeId, inodeOf, sameInode } from '../../sys/inode-id.js';
import { close } from '../../sys/open.js';
import { stat } from '../../sys/stat.js';
import { SysError } from '../../sys/sys-error.js';
import { notLocked } from '../../union/locked-directory.js';
import { openLongPath, openQuietly } from '../../union/open-layer-directory.js';
import { closeStack, type LayerDirectory, type Stack } from '../../union/view-rules.js';
import type { WalkDirectory } from './walk-visitor.js';

/** A directory on the way of a walk, with what is left to do below it. */
export interface WalkFrame extends WalkDirectory {
  stack: LayerDirectory[];
  readonly parent: WalkFrame | undefined;
  /** Subdirectories still to be entered, and the stack position each was found at. */
  names: Bytes[];
  positions: number[];
  /** Whether it is known of all of these that no higher layer hides them. */
  settled: boolean;
  /** The same for those that are entered last; of these it is known. */
  later: { readonly names: Bytes[]; readonly positions: number[] };
  /** Wanted names met in lower layers: more may be near. */
  hits: number;
  /** Identities of the directories while they are closed to save descriptors. */
  closed: readonly InodeId[] | undefined;
}

/** A directory with nothing to do below it yet. */
export function emptyFrame(path: Bytes, parent: WalkFrame | undefined, stack: LayerDirectory[]): WalkFrame {
  return {
    path,
    parent,
    stack,
    names: [],
    positions: [],
    settled: false,
    later: { names: [], positions: [] },
    hits: 0,
    closed: undefined,
  };
}

/**
 * Moves the subdirectories that are not likely to those that are entered last.
 *
 * @param likely - names of those that are; undefined where none is
 */
export function postponeUnlikely(frame: WalkFrame, likely: ReadonlySet<Bytes> | undefined): void {
  const { names, positions, later } = frame;
  frame.names = [];
  frame.positions = [];
  if (likely === undefined && later.names.length === 0) {
    frame.later = { names, positions };
    return;
  }
  for (const [i, name] of names.entries()) {
    const to = likely?.has(name) === true ? frame : later;
    to.names.push(name);
    to.positions.push(positions[i] ?? 0);
  }
}

/**
 * Moves the subdirectories that only the lowest layers have to those that are entered last, all at once: mostly they
 * are many.
 *
 * @param bare - position of the first of those layers
 * @param isHidden - whether one does not show; asked of those alone, and they are left out
 */
export function postponeBare(
  frame: WalkFrame,
  bare: number,
  isHidden: (name: Bytes, position: number) => boolean,
): void {
  const { names, positions, later } = frame;
  frame.names = [];
  frame.positions = [];
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i] as Bytes;
    const position = positions[i] ?? 0;
    if (position >= bare && isHidden(name, position)) continue;
    const to = position >= bare ? later : frame;
    to.names.push(name);
    to.positions.push(position);
  }
}

/** Takes the subdirectories out that were found at one position. */
export function takeOut(frame: WalkFrame, position: number): Bytes[] {
  const { names, positions } = frame;
  frame.names = names.filter((_, i) => positions[i] !== position);
  frame.positions = positions.filter((each) => each !== position);
  return names.filter((_, i) => positions[i] === position);
}

/** Closes a frame's directories to save descriptors; {@link resume} opens them again. */
export function suspend(frame: WalkFrame): void {
  frame.closed = identify(frame);
  closeStack(frame.stack);
}

/** Identities of a frame's directories, which are open. */
export function identify({ stack }: WalkFrame): InodeId[] {
  return stack.map(({ fd }) => inodeOf(stat(fd, '' as Bytes)));
}

const ESTALE = 116;

/**
 * Opens a frame's directories again.
 *
 * @throws SysError ESTALE for one that is no longer the same: another directory must not be taken for it; ENOKEY for one
 *   that was locked meanwhile
 */
export function resume(frame: WalkFrame, rootOf: (branch: number) => number): void {
  const opened: LayerDirectory[] = [];
  try {
    for (const [position, { layer, real }] of frame.stack.entries())
      opened.push({ layer, real, fd: reopen(frame, position, rootOf) });
  } catch (error) {
    closeStack(opened);
    throw error;
  }
  frame.stack = opened;
  frame.closed = undefined;
}

/**
 * Opens one of the directories of a frame that are closed.
 *
 * @throws SysError as {@link resume} does
 */
export function reopen(frame: WalkFrame, position: number, rootOf: (branch: number) => number): number {
  const { layer, real } = frame.stack[position] as LayerDirectory;
  const fd = notLocked(layer, openLongPath(rootOf(layer.branch), real), real);
  try {
    const was = frame.closed?.[position];
    if (was !== undefined && sameInode(was, stat(fd, '' as Bytes))) return fd;
    throw new SysError('openat2', ESTALE, real);
  } catch (error) {
    close(fd);
    throw error;
  }
}

/**
 * The directory of a frame's last layer, for somebody who goes on below it and needs no other of them; undefined where
 * others are in use, or where it cannot be opened again: then each of its subdirectories is told of as unreadable.
 */
export function lastAlone(frame: WalkFrame, rootOf: (branch: number) => number): number | undefined {
  const last = frame.stack.length - 1;
  if (frame.closed === undefined)
    return last > 0 || frame.later.names.length > 0 ? undefined : frame.stack[last]?.fd;
  try {
    return reopen(frame, last, rootOf);
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}

/** The roots of a union, opened again for a walk of its own. */
export function reopened(roots: Stack): LayerDirectory[] {
  const opened: LayerDirectory[] = [];
  try {
    for (const root of roots) opened.push({ ...root, fd: openQuietly(root.fd, '' as Bytes) });
    return opened;
  } catch (error) {
    closeStack(opened);
    throw error;
  }
}
