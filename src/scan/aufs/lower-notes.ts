import type { Bytes } from '../../sys/bytes.js';
import { recordBytes } from '../../sys/descent.js';
import { DT_DIR } from '../../sys/read-directory.js';
import { NAME_IN_RECORD } from '../../sys/record-names.js';
import type { InodeSet } from '../walk/inode-set.js';
import type { WalkDirectory } from '../walk/walk-visitor.js';
import { added } from './added.js';
import type { Namesake } from './namesake.js';

/** Bytes of one piece of memory: more than the kernel gives at a time. What grows by doubling leaves as much behind. */
const CHUNK = 1024 * 1024;

/** Chunks at most, of a million names; with more the directories are read again. */
const MOST = 48;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly text: Buffer;
}

/** Some of the records of one layer's directory. */
interface Place {
  readonly directory: WalkDirectory;
  readonly position: number;
  readonly chunk: Chunk;
  readonly begin: number;
  readonly end: number;
  /** Lower files under names of entries in this directory, of any layer. */
  readonly covered: readonly Namesake[];
}

/** A name that was noted, and whose number is wanted. */
export interface NotedName {
  readonly name: Bytes;
  readonly inode: bigint;
}

/** Names of one layer's directory that are wanted after all. */
export interface NotedPlace extends Pick<Place, 'directory' | 'position' | 'covered'> {
  readonly names: readonly NotedName[];
}

/**
 * The records that were read in merged directories before it was known which are wanted: of what lower files entries
 * are copies is proved only when all upper directories were walked, and to open and read these directories once more
 * takes as long as the first time.
 */
export class LowerNotes {
  readonly #most: number;
  #places: Place[] = [];
  #chunks: Chunk[] = [];
  #top = CHUNK;
  #isFull = false;
  #directory: WalkDirectory | undefined;
  #slim: WalkDirectory | undefined;
  #covered: readonly Namesake[] = [];

  /** @param most - MiB that are kept */
  constructor(most = MOST) {
    this.#most = most;
  }

  /** Whether there was more than is kept. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Takes note of a lower file that a name of an entry covers in a directory; before those of its layer. */
  cover(directory: WalkDirectory, file: Namesake): void {
    this.#enter(directory);
    this.#covered = added(this.#covered, file);
  }

  /** Takes note of the names of a layer's directory that were read last, in `length` bytes of records. */
  take(directory: WalkDirectory, position: number, length: number): void {
    if (this.#isFull) return;
    const slim = this.#enter(directory);
    if (this.#top + length > CHUNK) {
      this.#isFull = this.#chunks.length >= this.#most;
      if (this.#isFull) {
        this.forget();
        return;
      }
      this.#chunks.push(newChunk());
      this.#top = 0;
    }
    const chunk = this.#chunks.at(-1) as Chunk;
    const begin = this.#top;
    this.#top += length;
    chunk.bytes.set(recordBytes.subarray(0, length), begin);
    this.#places.push({ directory: slim, position, chunk, begin, end: this.#top, covered: this.#covered });
  }

  /** Lets go of all that was noted: what comes after it needs the memory. */
  forget(): void {
    this.#places = [];
    this.#chunks = [];
    this.#top = CHUNK;
    this.#directory = undefined;
    this.#slim = undefined;
    this.#covered = [];
  }

  /** @returns the directory without what the walk still has to do there */
  #enter(directory: WalkDirectory): WalkDirectory {
    if (directory === this.#directory && this.#slim !== undefined) return this.#slim;
    const { path, parent, stack } = directory;
    this.#directory = directory;
    this.#covered = [];
    this.#slim = { path, parent, stack };
    return this.#slim;
  }

  /** The names whose numbers are wanted, in the order in which they were met. */
  *among(wanted: (branch: number) => InodeSet | 'all' | undefined): Generator<NotedPlace> {
    for (const { directory, position, chunk, begin, end, covered } of this.#places) {
      const inodes = wanted(directory.stack[position]?.layer.branch ?? 0);
      if (inodes === undefined) continue;
      const names = namesAmong(chunk, begin, end, inodes);
      if (names.length > 0) yield { directory, position, covered, names };
    }
  }
}

function newChunk(): Chunk {
  const bytes = new Uint8Array(CHUNK);
  return { bytes, words: new Uint32Array(bytes.buffer), text: Buffer.from(bytes.buffer) };
}

const NONE: readonly never[] = [];

function namesAmong(
  { bytes, words, text }: Chunk,
  begin: number,
  end: number,
  inodes: InodeSet | 'all',
): readonly NotedName[] {
  let names: readonly NotedName[] = NONE;
  for (let at = begin; at < end; ) {
    const word = at >> 2;
    const [low, high] = [words[word] as number, words[word + 1] as number];
    const sizeAndType = words[word + 4] as number;
    const isWanted = ((sizeAndType >>> 16) & 0xff) !== DT_DIR && (inodes === 'all' || inodes.has(low, high));
    if (isWanted) {
      const start = at + NAME_IN_RECORD;
      const name = text.toString('latin1', start, bytes.indexOf(0, start)) as Bytes;
      names = added(names, { name, inode: (BigInt(high) << 32n) | BigInt(low) });
    }
    at += sizeAndType & 0xffff;
  }
  return names;
}
