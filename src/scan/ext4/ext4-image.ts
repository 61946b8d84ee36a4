import { preadFixed } from '../../sys/data.js';
import { fixedMemory } from '../../sys/libc.js';
import { close } from '../../sys/open.js';
import { ReadAhead } from '../../sys/read-ahead.js';
import { preadFully } from '../../sys/whole-data.js';
import {
  type Ext4Geometry,
  type Ext4Groups,
  parseGroups,
  parseSuperblock,
  SUPERBLOCK_AT,
  SUPERBLOCK_SIZE,
} from './ext4-layout.js';

const S_IFMT = 0xf000;
const S_IFDIR = 0x4000;
const ENCRYPTED = 0x800;
const EXTENTS = 0x80000;
const INLINE = 0x10000000;

const EXTENT_MAGIC = 0xf30a;
const DEEPEST_EXTENTS = 5;
const LONGEST_EXTENT = 32768;

/** What is read of an inode: all before its extended attributes. Bytes. */
const INODE_HEAD = 128;
/** The begin of the extents in an inode, all of them there, and one: bytes. */
const EXTENTS_IN_INODE = 40;
const EXTENTS_SIZE = 60;
const EXTENT = 12;
const PIECE = 256 * 1024;
/** A directory of a hundred million names. */
const LARGEST_DIRECTORY = 2 ** 32;

/** Takes a piece of a directory. */
export type OnPiece = (begin: number, length: number) => void;

/**
 * The inodes and directories of an ext4 as they lie on its device. A mounted ext4 keeps these in the device's page
 * cache, where each change is made at once, so that a read meets what the kernel itself would read; but nothing
 * keeps others from a block while it is read. So it only serves to find out where to look. Inodes are ext4's own numbers of
 * 32 bits: they lead to a place on the disk, and identify no file.
 */
export class Ext4Image {
  readonly geometry: Ext4Geometry;
  /** How many directories the file system says that it has. */
  readonly directories: number;
  readonly #fd: number;
  readonly #tables: Float64Array;
  readonly #heads: ReadAhead;
  readonly #blocks: ReadAhead;
  /** For blocks of extents that are gone through, by their depth. */
  readonly #nodes: ReadAhead[] = [];
  /** Bytes that may still be read of a directory, and of what tells of its blocks. */
  #left = 0;

  private constructor(fd: number, geometry: Ext4Geometry, { tables, directories }: Ext4Groups) {
    this.#fd = fd;
    this.geometry = geometry;
    this.#tables = tables;
    this.directories = directories;
    this.#heads = new ReadAhead(fd, INODE_HEAD);
    this.#blocks = new ReadAhead(fd, PIECE);
  }

  /**
   * Takes a descriptor over, and closes it where the result is undefined or an error.
   *
   * @param fd - of a device or an image
   * @returns undefined for a file system that is laid out in another way
   * @throws SysError
   */
  static on(fd: number): Ext4Image | undefined {
    let image: Ext4Image | undefined;
    try {
      const head = fixedMemory(SUPERBLOCK_SIZE);
      const whole = preadFixed(fd, head, SUPERBLOCK_SIZE, SUPERBLOCK_AT) === SUPERBLOCK_SIZE;
      const geometry = whole ? parseSuperblock(head.bytes) : undefined;
      if (geometry !== undefined) image = new Ext4Image(fd, geometry, readGroups(fd, geometry));
    } finally {
      if (image === undefined) close(fd);
    }
    return image;
  }

  close(): void {
    close(this.#fd);
  }

  /** How many inodes there may be. */
  get inodes(): number {
    return this.geometry.groups * this.geometry.inodesPerGroup;
  }

  /** What {@link readDirectory} has read. */
  get bytes(): Uint8Array {
    return this.#blocks.bytes;
  }

  /** The same in words. */
  get words(): Uint32Array {
    return this.#blocks.words;
  }

  /**
   * Links of an inode; undefined where it has none.
   *
   * @throws SysError
   */
  linksOf(inode: number): number | undefined {
    const at = this.#readInode(inode);
    return at < 0 ? undefined : this.#heads.halves[(at + 26) >> 1];
  }

  /**
   * Reads a directory, piece by piece. Nothing for an inode that is none, or whose names lie otherwise: inline, encrypted,
   * or in blocks without extents.
   *
   * @param onPiece - after each piece: where it begins in {@link bytes}, and its length in whole blocks
   * @returns the inode's generation; undefined for nothing
   * @throws SysError
   */
  readDirectory(inode: number, onPiece: OnPiece): number | undefined {
    const at = this.#readInode(inode);
    if (at < 0) return undefined;
    const { halves, words } = this.#heads;
    if (((halves[at >> 1] as number) & S_IFMT) !== S_IFDIR) return undefined;
    const flags = words[(at + 32) >> 2] as number;
    if ((flags & EXTENTS) === 0 || (flags & (INLINE | ENCRYPTED)) !== 0) return undefined;
    const generation = words[(at + 100) >> 2] as number;
    const size = (words[(at + 4) >> 2] as number) + (words[(at + 108) >> 2] as number) * 2 ** 32;
    if (size > LARGEST_DIRECTORY) return undefined;
    // Each of its blocks is told of once: what would be read beyond that leads in circles.
    this.#left = 2 * size;
    this.#readExtents(this.#heads, at + EXTENTS_IN_INODE, EXTENTS_SIZE, size, DEEPEST_EXTENTS, onPiece);
    return generation;
  }

  /** Where it begins in what was read of inodes; -1 for one that is not there. */
  #readInode(inode: number): number {
    const { inodesPerGroup, inodeSize } = this.geometry;
    const table = this.#tables[Math.floor((inode - 1) / inodesPerGroup)];
    if (table === undefined) return -1;
    return this.#heads.piece(table + ((inode - 1) % inodesPerGroup) * inodeSize, INODE_HEAD);
  }

  /**
   * @param at - where the node begins in what was read: bytes
   * @param room - bytes of the node
   * @param size - of the directory: bytes
   */
  #readExtents(
    node: ReadAhead,
    at: number,
    room: number,
    size: number,
    deepest: number,
    onPiece: OnPiece,
  ): void {
    const { halves, words } = node;
    const { blockSize } = this.geometry;
    const depth = halves[(at + 6) >> 1] as number;
    if (halves[at >> 1] !== EXTENT_MAGIC || depth > deepest) return;
    const count = Math.min(halves[(at + 2) >> 1] as number, Math.floor(room / EXTENT) - 1);
    for (let i = 1; i <= count && this.#left > 0; i += 1) {
      const extent = at + i * EXTENT;
      if (depth > 0) {
        const block = (words[(extent + 4) >> 2] as number) + (halves[(extent + 8) >> 1] as number) * 2 ** 32;
        this.#left -= blockSize;
        this.#nodes[depth] ??= new ReadAhead(this.#fd, blockSize);
        const below = this.#nodes[depth];
        const begin = below.piece(block * blockSize, blockSize);
        if (begin >= 0) this.#readExtents(below, begin, blockSize, size, depth - 1, onPiece);
        continue;
      }
      const length = halves[(extent + 4) >> 1] as number;
      if (length > LONGEST_EXTENT) continue;
      const block = (words[(extent + 8) >> 2] as number) + (halves[(extent + 6) >> 1] as number) * 2 ** 32;
      const from = (words[extent >> 2] as number) * blockSize;
      this.#readRun(block * blockSize, Math.min(length * blockSize, size - from), onPiece);
    }
  }

  #readRun(offset: number, length: number, onPiece: OnPiece): void {
    if (length % this.geometry.blockSize !== 0) return;
    this.#left -= length;
    for (let done = 0; done < length; done += PIECE) {
      const size = Math.min(PIECE, length - done);
      const begin = this.#blocks.piece(offset + done, size);
      if (begin < 0) return;
      onPiece(begin, size);
    }
  }
}

function readGroups(fd: number, geometry: Ext4Geometry): Ext4Groups {
  const descriptors = Buffer.alloc(geometry.groups * geometry.descriptorSize);
  // What is beyond the device's end has no inodes.
  preadFully(fd, descriptors, geometry.descriptorsAt);
  return parseGroups(geometry, descriptors);
}
