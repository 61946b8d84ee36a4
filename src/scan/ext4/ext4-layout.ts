// The kernel's fs/ext4/ext4.h, and https://docs.kernel.org/filesystems/ext4/.

/** Where the superblock lies, and its size: bytes. */
export const SUPERBLOCK_AT = 1024;
export const SUPERBLOCK_SIZE = 1024;

const MAGIC = 0xef53;
const FILETYPE = 0x2;
const EXTENTS = 0x40;
const SIXTY_FOUR_BIT = 0x80;
/**
 * Features beside which directories are still read as here: a journal to be replayed (any mounted one has that mark), a
 * multiple-mount guard, flexible groups, attributes in inodes, a checksum seed, large directories, inline data,
 * encryption (single directories, which are passed over), case-folding (names stand there as they were given).
 */
const HARMLESS = 0x4 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000;

const LARGEST_BLOCK = 32 * 1024;
/** Of 128 MiB each where blocks have 4 KiB: 32 TiB. */
const MOST_GROUPS = 1 << 18;

/** What the superblock of an ext4 tells of where inodes lie. */
export interface Ext4Geometry {
  /** Bytes. */
  readonly blockSize: number;
  /** Bytes. */
  readonly inodeSize: number;
  readonly inodesPerGroup: number;
  readonly groups: number;
  /** Bytes of a group's descriptor. */
  readonly descriptorSize: number;
  /** Where the descriptors begin: bytes. */
  readonly descriptorsAt: number;
  /** In hex. */
  readonly uuid: string;
}

/** Reads a superblock; undefined for one that is none, or of features by which directories lie otherwise. Pure. */
export function parseSuperblock(bytes: Uint8Array): Ext4Geometry | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, SUPERBLOCK_SIZE);
  const u16 = (at: number): number => view.getUint16(at, true);
  const u32 = (at: number): number => view.getUint32(at, true);
  if (u16(56) !== MAGIC || u32(76) < 1) return undefined;
  const incompatible = u32(96);
  const known = FILETYPE | EXTENTS | SIXTY_FOUR_BIT | HARMLESS;
  if ((incompatible & FILETYPE) === 0 || (incompatible & ~known) !== 0) return undefined;
  const wide = (incompatible & SIXTY_FOUR_BIT) !== 0;
  const blockSize = 1024 * 2 ** u32(24);
  const inodesPerGroup = u32(40);
  const geometry = {
    blockSize,
    inodeSize: u16(88),
    inodesPerGroup,
    groups: Math.ceil(u32(0) / inodesPerGroup),
    descriptorSize: wide ? u16(254) : 32,
    // In the block behind the superblock's, whatever the first block of a group is said to be.
    descriptorsAt: (Math.floor(SUPERBLOCK_AT / blockSize) + 1) * blockSize,
    uuid: Buffer.from(bytes.subarray(104, 120)).toString('hex'),
  };
  return isSound(geometry) ? geometry : undefined;
}

function isSound({ blockSize, inodeSize, inodesPerGroup, groups, descriptorSize }: Ext4Geometry): boolean {
  const fits = (size: number, least: number, most: number): boolean => size >= least && size <= most;
  return (
    fits(blockSize, 1024, LARGEST_BLOCK) &&
    fits(inodeSize, 128, blockSize) &&
    Number.isInteger(Math.log2(inodeSize)) &&
    fits(inodesPerGroup, 8, blockSize * 8) &&
    fits(groups, 1, MOST_GROUPS) &&
    fits(descriptorSize, 32, 1024) &&
    Number.isInteger(Math.log2(descriptorSize))
  );
}

/** Where the inodes of each group lie, and how many directories there are. */
export interface Ext4Groups {
  /** By group: bytes from the device's begin. */
  readonly tables: Float64Array;
  readonly directories: number;
}

/** Reads the descriptors of all groups. Pure. */
export function parseGroups(
  { groups, descriptorSize, blockSize }: Ext4Geometry,
  descriptors: Uint8Array,
): Ext4Groups {
  const view = new DataView(descriptors.buffer, descriptors.byteOffset, groups * descriptorSize);
  const wide = descriptorSize >= 64;
  const tables = new Float64Array(groups);
  let directories = 0;
  for (let group = 0; group < groups; group += 1) {
    const at = group * descriptorSize;
    const block = view.getUint32(at + 8, true) + (wide ? view.getUint32(at + 40, true) * 2 ** 32 : 0);
    tables[group] = block * blockSize;
    directories += view.getUint16(at + 16, true) + (wide ? view.getUint16(at + 48, true) * 2 ** 16 : 0);
  }
  return { tables, directories };
}
