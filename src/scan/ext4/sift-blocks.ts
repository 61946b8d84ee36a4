import type { NameStack } from '../../sys/name-stack.js';
import type { NumberList } from '../number-list.js';

const FT_DIR = 2;
const DOT = 46;
/** Bytes of a record before its name. */
const HEAD = 8;

/** Blocks of directories in memory. */
export interface Blocks {
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly words: Uint32Array;
  readonly geometry: {
    /** Bytes. */
    readonly blockSize: number;
  };
}

/** The inodes whose names are looked for. */
export interface Sought {
  /**
   * A bit for each number below {@link mask}, set where it or one that ends like it may be sought: to ask a set of
   * numbers takes five times as long.
   */
  readonly bits: Uint8Array;
  /** A power of two, less one. */
  readonly mask: number;
  /** Notes a name; false for one that is not sought after all. */
  meet(inode: number): boolean;
}

/** Where the subdirectories go that blocks hold. */
export interface Subdirectories {
  readonly inodes: NumberList;
  readonly names: NameStack;
  /** Where each name begins. */
  readonly namesAt: NumberList;
}

/**
 * Goes through blocks of a directory (`struct ext4_dir_entry_2`), those of its index too: these hold one unused record
 * that fills the block. A record that does not fit ends its block.
 *
 * @param begin - where the blocks begin: bytes
 * @param length - bytes of all blocks
 * @param sought - is told of each name of its inodes
 * @returns how many such names there were
 */
export function siftBlocks(
  { bytes, words, geometry: { blockSize } }: Blocks,
  begin: number,
  length: number,
  sought: Sought,
  below: Subdirectories,
): number {
  const { bits, mask } = sought;
  let hits = 0;
  for (let block = begin; block < begin + length; block += blockSize) {
    const end = block + blockSize;
    for (let at = block; at + HEAD < end; ) {
      const inode = words[at >> 2] as number;
      const rest = words[(at >> 2) + 1] as number;
      const size = rest & 0xffff;
      if (size <= HEAD || (size & 3) !== 0 || at + size > end) break;
      if (rest >>> 24 !== FT_DIR) {
        const low = inode & mask;
        // Inode 0 is the mark of an unused record.
        if ((((bits[low >>> 3] as number) >> (low & 7)) & 1) === 1 && inode !== 0 && sought.meet(inode))
          hits += 1;
      } else {
        const nameLength = (rest >>> 16) & 0xff;
        if (inode !== 0 && nameLength <= size - HEAD && !isDots(bytes, at + HEAD, nameLength)) {
          below.inodes.push(inode);
          below.namesAt.push(below.names.top);
          below.names.push(bytes, at + HEAD, nameLength);
        }
      }
      at += size;
    }
  }
  return hits;
}

function isDots(bytes: Uint8Array, at: number, length: number): boolean {
  if (bytes[at] !== DOT) return false;
  return length === 1 || (length === 2 && bytes[at + 1] === DOT);
}
