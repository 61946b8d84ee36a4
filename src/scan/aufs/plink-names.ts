import type { Bytes } from '../../sys/bytes.js';
import type { Layer, LayerDirectory } from '../../union/view-rules.js';
import type { Unreadable } from '../result.js';
import type { InodeSet } from '../walk/inode-set.js';
import type { WalkDirectory, WalkVisitor } from '../walk/walk-visitor.js';
import type { UpperPlinkNames } from './aufs-upper-names.js';
import type { LowerNotes } from './lower-notes.js';
import type { LowerPlinkNames } from './lower-plink-names.js';
import { meetNoted } from './meet-noted.js';

/**
 * Both walks in one: the first comes to an end where a walk asks whether anything is likely, and what waits then is
 * just what the second would come to that the first did not.
 */
export class PlinkNames implements WalkVisitor {
  /** As the first walk of two does: it opens what it does not enter. */
  readonly opensAll = true;
  readonly #upper: UpperPlinkNames;
  readonly #notes: LowerNotes;
  readonly #judge: () => Promise<LowerPlinkNames>;
  #lower: LowerPlinkNames | undefined;

  /** @param judge - proves what the upper names tell; called when all of them were met */
  constructor(upper: UpperPlinkNames, notes: LowerNotes, judge: () => Promise<LowerPlinkNames>) {
    this.#upper = upper;
    this.#notes = notes;
    this.#judge = judge;
  }

  /** What is known of the lower files, as soon as something is. */
  get lower(): LowerPlinkNames | undefined {
    return this.#lower;
  }

  wanted(branch: number): InodeSet | 'all' | undefined {
    return (this.#lower ?? this.#upper).wanted(branch);
  }

  passesOver({ role }: Layer): boolean {
    return role !== 'upper';
  }

  complete(): boolean {
    return this.#lower !== undefined && (this.#notes.isFull || this.#lower.complete());
  }

  get knowsLate(): boolean {
    return this.#lower?.knowsLate === true;
  }

  async likely(late: boolean): Promise<readonly Bytes[]> {
    if (this.#lower !== undefined) return this.#lower.likely(late);
    this.#lower = await this.#judge();
    if (!this.#notes.isFull) meetNoted(this.#notes, this.#lower);
    this.#notes.forget();
    return [];
  }

  nearTo(): readonly Bytes[] {
    return this.#lower?.nearTo() ?? [];
  }

  onDirectory(directory: WalkDirectory): void {
    this.#upper.onDirectory(directory);
  }

  onRecords(directory: WalkDirectory, position: number, length: number): void {
    if (this.#lower !== undefined) return;
    const { role, branch } = (directory.stack[position] as LayerDirectory).layer;
    // Entries of other branches may be copies of a lower upper's files; nothing lies above the topmost.
    if (role !== 'upper' || branch > 0) this.#notes.take(directory, position, length);
  }

  onRead(directory: WalkDirectory, position: number): void {
    this.#upper.onRead(directory, position);
  }

  onName(directory: WalkDirectory, position: number, name: Bytes, inode: bigint | undefined): void {
    if (this.#lower === undefined) this.#upper.onName(directory, position, name);
    else this.#lower.onName(directory, position, name, inode);
  }

  onUnreadable(unreadable: Unreadable): void {
    (this.#lower ?? this.#upper).onUnreadable(unreadable);
  }
}
