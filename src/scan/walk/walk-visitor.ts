import type { Bytes } from '../../sys/bytes.js';
import type { Layer, Stack } from '../../union/view-rules.js';
import type { Unreadable } from '../result.js';
import type { InodeSet } from './inode-set.js';

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
  /**
   * Whether every name has been found: then no more directories need be entered. Asked when all that an upper branch has
   * or that may lead elsewhere were walked.
   */
  complete?(): boolean;
  /**
   * Directories, as paths from the union's root, to be entered before all others that are left; asked when those that
   * come first were walked and names are still wanting, and again until it tells none. Only the order
   * of the walk depends on it: a path that is not there, or does not show, leads nowhere.
   *
   * @param late - those around known names were walked too, and what is left is as much as it is
   */
  likely?(late: boolean): Promise<Iterable<Bytes>>;
  /** Whether {@link likely} has more to tell late: until then the walk is led, and nothing of it is given away. */
  readonly knowsLate?: boolean;
  /**
   * Directories of known names, as paths from the union's root, of what has others that are still to be met; those around
   * them come first. None where they are so many that no order helps.
   */
  nearTo?(): readonly Bytes[];
  /** Whether {@link enters} and {@link onDirectory} need not be asked of directories that a layer alone has. */
  passesOver?(layer: Layer): boolean;
  /**
   * Whether subdirectories that wait for a later phase are opened when they are met: what cannot be is told of then, even
   * where the walk ends before it comes there.
   */
  readonly opensAll?: boolean;
  /** Before the names of a directory are read. */
  onDirectory?(directory: WalkDirectory): void;
  /**
   * After some of the records of one layer's directory were read, whatever is wanted: `recordBytes` holds them.
   *
   * @param length - bytes of records
   */
  onRecords?(directory: WalkDirectory, position: number, length: number): void;
  /** After what one layer has in a directory was read, or as much of it as could be; most of its names are told of next. */
  onRead?(directory: WalkDirectory, position: number): void;
  /**
   * A name that is not a directory and whose number is wanted, in `directory.stack[position]`; visible or not.
   *
   * @param inode - the number, where numbers were asked for
   * @throws SysError where nothing can be told of it: then the name counts as unreadable, and the walk goes on
   */
  onName(directory: WalkDirectory, position: number, name: Bytes, inode: bigint | undefined): void;
  onUnreadable(unreadable: Unreadable): void;
  /**
   * Whether names that were told of wait to be looked at: the walk comes to rest soon, in the midst of a directory if it
   * is a large one that a layer alone has.
   */
  readonly isBehind?: boolean;
  /** Awaited when the walk rests; what it takes long for can let the event loop live. */
  catchUp?(): Promise<void>;
}

/** How far a walk has come. */
export interface WalkProgress {
  directories: number;
  names: number;
}
