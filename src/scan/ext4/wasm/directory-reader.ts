// In AssemblyScript: `npm run wasm` makes ../directory-reader-wasm.ts of it. This work is done a million times in a
// fifth of a second, half of which V8 takes to get the same in JavaScript compiled.
// Formats: the kernel's fs/ext4/ext4.h and fs/ext4/ext4_extents.h.

import { grow, meet, read } from './env';

/** Bytes between two reads beyond which the second is no continuation: to copy them takes as long as a call. */
const GAP: i32 = 8 * 1024;
/** Bytes: most that is read ahead. */
const MOST_AHEAD: i32 = 64 * 1024;
/** Bytes of a directory that are read at a time; a multiple of every size of blocks. */
const PIECE: i32 = 256 * 1024;

const S_IFMT: u16 = 0xf000;
const S_IFDIR: u16 = 0x4000;
const ENCRYPTED: u32 = 0x800;
const EXTENTS: u32 = 0x80000;
const INLINE: u32 = 0x10000000;

/** What is read of an inode: all before its extended attributes. Bytes. */
const INODE_HEAD: i32 = 128;
/** The begin of the extents in an inode, all of them there, and one: bytes. */
const EXTENTS_IN_INODE: u32 = 40;
const EXTENTS_SIZE: i32 = 60;
const EXTENT: i32 = 12;
const EXTENT_MAGIC: u16 = 0xf30a;
const DEEPEST_EXTENTS: i32 = 5;
/** Blocks; a longer one is set aside and has nothing in it. */
const LONGEST_EXTENT: i32 = 32768;
/** Bytes: a directory of a hundred million names. */
const LARGEST_DIRECTORY: f64 = 4294967296.0;

/** Bytes of a record of a directory before its name. */
const RECORD_HEAD: u32 = 8;
const FT_DIR: u32 = 2;
const DOT: u16 = 46;
const DOTS: u16 = 0x2e2e;

/** Inodes that are told at a time: a call for each would take twice as long as all the rest where all are sought. */
const MOST_MET: u32 = 4096;

/** A found subdirectory: inode, place of the parent, length of the name, the name. Bytes before the name. */
const ENTRY_HEAD: u32 = 9;
const LONGEST_NAME: u32 = 255;

/** A part of the device in memory. */
@unmanaged
class Window {
  /** Where it begins and ends on the device: bytes. */
  from: f64 = 0;
  to: f64 = 0;
  ahead: i32 = 0;
  /** Where it begins in memory. */
  at: u32 = 0;
}

const heads = changetype<Window>(memory.data(32, 8));
const blocks = changetype<Window>(memory.data(32, 8));

let blockSize: i32 = 0;
let inodeSize: i32 = 0;
let inodesPerGroup: u32 = 0;
let groups: u32 = 0;
/** Where in memory the places of the groups' inode tables are, on the device: an f64 each. */
let tables: u32 = 0;
/** Where blocks of extents are put that are gone through, by their depth. */
let nodes: u32 = 0;
/** A bit for each number up to the mask, set where it or one that ends like it may be sought. */
let bits: u32 = 0;
let mask: u32 = 0;
/** Where inodes are put whose names were met, and how many there are now. */
let met: u32 = 0;
let metNow: u32 = 0;
/** Bytes that may still be read of a directory, and of what tells of its blocks. */
let left: f64 = 0;

/** Where the next found subdirectory goes. */
export let top: u32 = 0;
/** Where the room for them ends. */
let end: u32 = 0;
/** How many were found since the last {@link seek}, and how many more there was no room for. */
export let found: u32 = 0;
export let lost: u32 = 0;
/** Of the inode that was read last. */
export let generation: u32 = 0;

export function prepare(
  ofBlock: i32,
  ofInode: i32,
  perGroup: u32,
  count: u32,
  tablesAt: u32,
  headsAt: u32,
  blocksAt: u32,
  nodesAt: u32,
  metAt: u32,
): void {
  blockSize = ofBlock;
  inodeSize = ofInode;
  inodesPerGroup = perGroup;
  groups = count;
  tables = tablesAt;
  heads.at = headsAt;
  blocks.at = blocksAt;
  nodes = nodesAt;
  met = metAt;
}

/** Begins anew: with other bits, and with nothing found. */
export function seek(bitsAt: u32, greatest: u32, foundAt: u32): void {
  bits = bitsAt;
  mask = greatest;
  top = foundAt;
  found = 0;
  lost = 0;
}

export function setEnd(to: u32): void {
  end = to;
}

/** Links of an inode; 0 for none. */
export function linksOf(inode: u32): i32 {
  const at = headOf(inode);
  return at === 0 ? 0 : load<u16>(at + 26);
}

/**
 * Reads a directory, and those of its index too: their blocks hold one unused record that fills the block.
 *
 * @param place - what its subdirectories are told to have as parent
 * @returns how many inodes whose names were met are still to be taken; -1 for an inode that is no directory, or whose
 *   names lie otherwise: inline, encrypted, or in blocks without extents
 */
export function readDirectory(inode: u32, place: u32): i32 {
  const at = headOf(inode);
  if (at === 0 || (load<u16>(at) & S_IFMT) !== S_IFDIR) return -1;
  const flags = load<u32>(at + 32);
  if ((flags & EXTENTS) === 0 || (flags & (INLINE | ENCRYPTED)) !== 0) return -1;
  generation = load<u32>(at + 100);
  const size = wide(load<u32>(at + 4), load<u32>(at + 108));
  if (size > LARGEST_DIRECTORY) return -1;
  // Each of its blocks is told of once: what would be read beyond that leads in circles.
  left = 2 * size;
  metNow = 0;
  readExtents(at + EXTENTS_IN_INODE, EXTENTS_SIZE, size, DEEPEST_EXTENTS, place);
  return metNow;
}

/** Has a part of the device in memory, and what follows it where parts are asked for one after another; 0 at the end. */
function piece(window: Window, offset: f64, length: i32): u32 {
  if (offset >= window.from && offset + <f64>length <= window.to)
    return window.at + <u32>(offset - window.from);
  const follows = offset >= window.to && offset - window.to <= <f64>GAP;
  window.ahead = follows ? min(max(window.ahead * 2, GAP), MOST_AHEAD) : 0;
  window.from = 0;
  window.to = 0;
  const there = read(offset, max(length, window.ahead), window.at);
  if (there < length) return 0;
  window.from = offset;
  window.to = offset + <f64>there;
  return window.at;
}

function headOf(inode: u32): u32 {
  const group = (inode - 1) / inodesPerGroup;
  if (group >= groups) return 0;
  const table = load<f64>(tables + group * 8);
  return piece(heads, table + <f64>((inode - 1) % inodesPerGroup) * <f64>inodeSize, INODE_HEAD);
}

/**
 * @param at - where the node begins
 * @param room - bytes of the node
 * @param size - of the directory: bytes
 */
function readExtents(at: u32, room: i32, size: f64, deepest: i32, place: u32): void {
  const depth = <i32>load<u16>(at + 6);
  if (load<u16>(at) !== EXTENT_MAGIC || depth > deepest) return;
  const count = min(<i32>load<u16>(at + 2), room / EXTENT - 1);
  for (let i = 1; i <= count && left > 0; i += 1) {
    const extent = at + i * EXTENT;
    if (depth > 0) {
      left -= <f64>blockSize;
      const below = nodes + (depth - 1) * blockSize;
      const block = wide(load<u32>(extent + 4), load<u16>(extent + 8));
      if (read(block * <f64>blockSize, blockSize, below) === blockSize)
        readExtents(below, blockSize, size, depth - 1, place);
      continue;
    }
    const length = <i32>load<u16>(extent + 4);
    if (length > LONGEST_EXTENT) continue;
    const block = wide(load<u32>(extent + 8), load<u16>(extent + 6));
    const from = <f64>load<u32>(extent) * <f64>blockSize;
    readRun(block * <f64>blockSize, min(<f64>length * <f64>blockSize, size - from), place);
  }
}

function wide(low: u32, high: u32): f64 {
  return <f64>low + <f64>high * 4294967296.0;
}

function readRun(offset: f64, length: f64, place: u32): void {
  if (length <= 0 || <u64>length % blockSize !== 0) return;
  left -= length;
  for (let done: f64 = 0; done < length; done += PIECE) {
    const size = <i32>min(<f64>PIECE, length - done);
    const begin = piece(blocks, offset + done, size);
    if (begin === 0) return;
    for (let block = begin; block < begin + size; block += blockSize) sift(block, place);
  }
}

/** Goes through a block of a directory (`struct ext4_dir_entry_2`). A record that does not fit ends it. */
function sift(block: u32, place: u32): void {
  const stop = block + blockSize;
  for (let at = block; at + RECORD_HEAD < stop; ) {
    const inode = load<u32>(at);
    const rest = load<u32>(at + 4);
    const size = rest & 0xffff;
    if (size <= RECORD_HEAD || (size & 3) !== 0 || at + size > stop) break;
    // Inode 0 is the mark of an unused record.
    if (rest >>> 24 !== FT_DIR) {
      if (maySeek(inode) && inode !== 0) note(inode);
    } else if (inode !== 0) {
      const length = (rest >>> 16) & 0xff;
      if (length <= size - RECORD_HEAD && !isDots(at + RECORD_HEAD, length))
        keep(inode, place, at + RECORD_HEAD, length);
    }
    at += size;
  }
}

function note(inode: u32): void {
  store<u32>(met + (metNow << 2), inode);
  metNow += 1;
  if (metNow < MOST_MET) return;
  meet(metNow);
  metNow = 0;
}

function maySeek(inode: u32): bool {
  const low = inode & mask;
  return ((load<u8>(bits + (low >>> 3)) >>> (low & 7)) & 1) === 1;
}

function isDots(name: u32, length: u32): bool {
  const begin = load<u16>(name);
  return length === 1 ? (begin & 0xff) === DOT : length === 2 && begin === DOTS;
}

function keep(inode: u32, place: u32, name: u32, length: u32): void {
  if (top + ENTRY_HEAD + LONGEST_NAME + 3 > end && grow() === 0) {
    lost += 1;
    return;
  }
  store<u32>(top, inode);
  store<u32>(top + 4, place);
  store<u8>(top + 8, <u8>length);
  memory.copy(top + ENTRY_HEAD, name, length);
  top = (top + ENTRY_HEAD + length + 3) & ~3;
  found += 1;
}
