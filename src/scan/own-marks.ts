import type { Bytes } from '../sys/bytes.js';

/** Attribute of a branch root while this program writes to the branch; found by a later run, it tells of an interruption. */
export const RUNNING_XATTR = 'trusted.plinkctl.running';

/**
 * Attribute of a directory that waits for its atime and mtime: `<atime> <mtime> <since>`, the last of which tells when a run
 * began to change them; nanoseconds, decimal.
 */
export const TIMES_XATTR = 'trusted.plinkctl.times';

/** Attribute of a metacopy inode whose data is being filled in: what writing to it would lose. */
export const HYDRATE_XATTR = 'trusted.plinkctl.hydrate';

/** Prefix of this program's temporary names. `#` names in an overlay's index are removed by the kernel at a mount. */
export const TEMPORARY_PREFIX = '#plinkctl-';

/** Whether an attribute is the union's or this program's own bookkeeping, and no part of what a user gave the file. */
export function isBookkeeping(attribute: string): boolean {
  return /^(trusted|user)\.overlay\./.test(attribute) || attribute.startsWith('trusted.plinkctl.');
}

/** Whether a temporary name in an index is one of this program's. */
export function isOwnTemporary(name: Bytes): boolean {
  return name.startsWith(TEMPORARY_PREFIX);
}
