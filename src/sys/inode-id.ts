/** An inode's identity: device and inode number, 64 bits each. */
export interface InodeId {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** A map key for an inode. */
export type InodeKey = `${bigint}:${bigint}`;

/** `dev:ino`, in decimal. */
export function inodeKey(id: InodeId): InodeKey {
  return `${id.dev}:${id.ino}`;
}

/** Whether two names lead to the same inode, by device and number; never by number alone. */
export function sameInode(a: InodeId, b: InodeId): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** Just the identity of a stat. */
export function inodeOf(stat: InodeId): InodeId {
  return { dev: stat.dev, ino: stat.ino };
}
