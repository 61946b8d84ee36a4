import { ascii, type Bytes } from '../sys/bytes.js';

/** Names that aufs keeps for itself (fs/aufs of the aufs kernel; aufs(5)). */
export const WHITEOUT_PREFIX = ascii('.wh.');
export const PLINK_DIRECTORY = ascii('.wh..wh.plnk');
export const ORPHAN_DIRECTORY = ascii('.wh..wh.orph');
export const WHITEOUT_BASE = ascii('.wh..wh.aufs');
/** Inode numbers of the lower directories that were renamed; the mount option `dirren` makes it. */
export const RENAMED_DIRECTORIES = ascii('.wh..wh.hino');
export const OPAQUE_MARK = ascii('.wh..wh..opq');

/** Longest name that a mounted aufs shows, bytes: NAME_MAX less what its own prefixes need. */
export const AUFS_NAME_MAX = 242;

/** The whiteout of a name. */
export function whiteoutOf(name: Bytes): Bytes {
  return `${WHITEOUT_PREFIX}${name}` as Bytes;
}

/** The name that a whiteout hides; undefined for any other name, aufs' own included. */
export function hiddenBy(name: Bytes): Bytes | undefined {
  if (!name.startsWith(WHITEOUT_PREFIX) || name.startsWith('.wh..wh.')) return undefined;
  return name.slice(WHITEOUT_PREFIX.length) as Bytes;
}

/** The two inode numbers of a pseudo-link's name. */
export interface PlinkName {
  /** As the mounted union showed it; handed out anew in every mount. */
  readonly unionInode: bigint;
  /** The inode on the branch, the entry's own. */
  readonly branchInode: bigint;
}

/** Reads `<union inode>.<branch inode>`; undefined for any other name. */
export function parsePlinkName(name: Bytes): PlinkName | undefined {
  const match = /^([1-9]\d{0,19})\.([1-9]\d{0,19})$/.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { unionInode: BigInt(match[1]), branchInode: BigInt(match[2]) };
}
