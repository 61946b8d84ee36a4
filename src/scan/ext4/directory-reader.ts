import type { Bytes } from '../../sys/bytes.js';
import { preadFixed } from '../../sys/data.js';
import { instantiate, type ModuleMemory, PAGE } from '../../sys/web-assembly.js';
import { directoryReaderWasm } from './directory-reader-wasm.js';
import type { Ext4Geometry } from './ext4-layout.js';

/** Where everything lies in the module's memory: bytes. What the module itself has there is in the first page. */
const HEADS = PAGE;
const BLOCKS = 2 * PAGE;
const NODES = 6 * PAGE;
const MET = 9 * PAGE;
const TABLES = 10 * PAGE;

/** Bytes of a found subdirectory before its name; see wasm/directory-reader.ts. */
const ENTRY_HEAD = 9;
/** Bytes of all found subdirectories, at some 30 each: of two million. */
const MOST_FOUND = 64 * 1024 * 1024;
/** Bytes: those, 8 MiB of bits, 2 MiB of tables, and what comes before. */
const MOST_MEMORY = 80 * 1024 * 1024;
/** Bytes by which the room for them grows. */
const GROWTH = 4 * 1024 * 1024;

/** The inodes whose names are looked for. */
export interface Sought {
  /** A bit for each number up to {@link mask}, set where it or one that ends like it may be sought. */
  readonly bits: Uint8Array;
  /** A power of two, less one. */
  readonly mask: number;
  /**
   * Notes a name of each of these inodes.
   *
   * @param inodes - void after the call
   * @returns of how many names are sought after all
   */
  meet(inodes: Uint32Array): number;
}

/** What wasm/directory-reader.ts exports. */
interface Exports {
  readonly top: { readonly value: number };
  readonly found: { readonly value: number };
  readonly lost: { readonly value: number };
  readonly generation: { readonly value: number };
  prepare(...numbers: readonly number[]): void;
  seek(bits: number, mask: number, found: number): void;
  setEnd(end: number): void;
  linksOf(inode: number): number;
  readDirectory(inode: number, place: number): number;
}

/**
 * Reads inodes and directories of an ext4 from its device, and keeps the subdirectories that it meets, each at its place: a
 * number, of which 0 is none.
 */
export class DirectoryReader {
  readonly #memory: ModuleMemory;
  readonly #exports: Exports;
  readonly #bits: number;
  readonly #most: number;
  #sought: Sought | undefined;
  /** Sought names of the directory that is read. */
  #hits = 0;
  #begin = 0;

  /**
   * @param fd - of the device
   * @param tables - where the inodes of each group lie: bytes from the device's begin
   * @param most - bytes of the subdirectories that are kept; for tests
   * @returns undefined where its program cannot run
   */
  static on(
    fd: number,
    geometry: Ext4Geometry,
    tables: Float64Array,
    most = MOST_FOUND,
  ): DirectoryReader | undefined {
    // It asks for nothing before it is told to read.
    const self = (): DirectoryReader => reader as DirectoryReader;
    let reader: DirectoryReader | undefined;
    const made = instantiate<Exports>(directoryReaderWasm, MOST_MEMORY, (memory) => ({
      read: (offset: number, length: number, into: number) =>
        preadFixed(fd, memory.fixed, length, offset, into),
      meet: (count: number) => self().#meet(count),
      grow: () => Number(self().#grow()),
    }));
    if (made === undefined || !made.memory.growTo(TABLES + tables.byteLength)) return undefined;
    reader = new DirectoryReader(made.exports, made.memory, TABLES + tables.byteLength, most);
    const { blockSize, inodeSize, inodesPerGroup, groups } = geometry;
    new Float64Array(made.memory.fixed.bytes.buffer, TABLES, groups).set(tables);
    made.exports.prepare(blockSize, inodeSize, inodesPerGroup, groups, TABLES, HEADS, BLOCKS, NODES, MET);
    return reader;
  }

  private constructor(exports: Exports, memory: ModuleMemory, bits: number, most: number) {
    this.#exports = exports;
    this.#memory = memory;
    this.#bits = bits;
    this.#most = most;
  }

  /**
   * Begins anew: with other inodes whose names are looked for, and with no subdirectory.
   *
   * @returns false where there is no memory for it
   */
  seek(sought: Sought): boolean {
    const begin = Math.ceil((this.#bits + sought.bits.length) / 8) * 8;
    if (!this.#memory.growTo(begin)) return false;
    this.#memory.fixed.bytes.set(sought.bits, this.#bits);
    this.#sought = sought;
    this.#begin = begin;
    this.#exports.seek(this.#bits, sought.mask, begin);
    this.#exports.setEnd(this.#memory.size);
    return true;
  }

  /**
   * Links of an inode; 0 where it has none.
   *
   * @throws SysError
   */
  linksOf(inode: number): number {
    return this.#exports.linksOf(inode);
  }

  /**
   * Reads a directory.
   *
   * @param place - where it is kept itself
   * @returns how many sought names there are; below 0 for an inode that is none, or whose names lie otherwise: inline,
   *   encrypted, or in blocks without extents
   * @throws SysError
   */
  readDirectory(inode: number, place: number): number {
    this.#hits = 0;
    const left = this.#exports.readDirectory(inode, place);
    if (left > 0) this.#meet(left);
    return left < 0 ? left : this.#hits;
  }

  /** Generation of the inode that was read last. */
  get generation(): number {
    return this.#exports.generation.value >>> 0;
  }

  /** How many subdirectories are kept. */
  get found(): number {
    return this.#exports.found.value;
  }

  /** For how many there was no room. */
  get lost(): number {
    return this.#exports.lost.value;
  }

  /** Where the first subdirectory is kept, or will be. */
  get first(): number {
    return this.#begin;
  }

  /** Where the next will be kept. */
  get next(): number {
    return this.#exports.top.value;
  }

  /**
   * Those that are kept from one place up to another, in the order of their inodes.
   *
   * @returns place and inode of each
   */
  between(from: number, to: number, count: number): Uint32Array {
    const { bytes } = this.#memory.fixed;
    const words = new Uint32Array(bytes.buffer);
    // The processors are those whose Linux is little-endian: the inode is the larger half.
    const order = new BigUint64Array(count);
    const pairs = new Uint32Array(order.buffer);
    let at = from;
    for (let i = 0; i < 2 * count && at < to; i += 2) {
      pairs[i] = at;
      pairs[i + 1] = words[at >> 2] as number;
      at = (at + ENTRY_HEAD + (bytes[at + 8] as number) + 3) & ~3;
    }
    order.sort();
    return pairs;
  }

  /** Place of the directory that holds one. */
  parentAt(place: number): number {
    return new DataView(this.#memory.fixed.bytes.buffer).getUint32(place + 4, true);
  }

  nameAt(place: number): Bytes {
    const { bytes } = this.#memory.fixed;
    const begin = place + ENTRY_HEAD;
    return Buffer.from(bytes.buffer, begin, bytes[place + 8]).toString('latin1') as Bytes;
  }

  #meet(count: number): void {
    const inodes = new Uint32Array(this.#memory.fixed.bytes.buffer, MET, count);
    this.#hits += this.#sought?.meet(inodes) ?? 0;
  }

  #grow(): boolean {
    const { size } = this.#memory;
    if (size + GROWTH > this.#begin + this.#most || !this.#memory.growTo(size + GROWTH)) return false;
    this.#exports.setEnd(this.#memory.size);
    return true;
  }
}
