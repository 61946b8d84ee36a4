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
  /** A bit for each inode of the file system, that of inode 0 not set: to ask a set of numbers takes five times as long. */
  readonly bits: Uint8Array;
  /** Notes a name. */
  meet(inode: number): void;
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
  const { bits } = sought;
  let hits = 0;
  for (let block = begin; block < begin + length; block += blockSize) {
    const end = block + blockSize;
    for (let at = block; at + HEAD < end; ) {
      const inode = words[at >> 2] as number;
      const rest = words[(at >> 2) + 1] as number;
      const size = rest & 0xffff;
      if (size <= HEAD || (size & 3) !== 0 || at + size > end) break;
      if (rest >>> 24 !== FT_DIR) {
        // Inode 0, an unused record, is never sought; a number beyond all bits is not there.
        if ((((bits[inode >>> 3] as number) >> (inode & 7)) & 1) === 1) {
          hits += 1;
          sought.meet(inode);
        }
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
