import { inodeFlags, setInodeFlags } from '../sys/filesystem.js';
import { setXattr } from '../sys/xattr.js';
import { SELF } from './site.js';

const SYNC = 0x8;
const IMMUTABLE = 0x10;
const APPEND = 0x20;
const NOATIME = 0x80;

/**
 * Gives a directory that was made for an overlay the inode flags of its model, as the kernel's copy-up does
 * (ovl_copy_fileattr): immutable and append-only are an attribute, for the upper branch must stay writable to the
 * union itself.
 *
 * @param prefix - of the overlay's attributes
 */
export function copyFlags(fd: number, model: number, prefix: string): void {
  const flags = inodeFlags(model) ?? 0;
  const kept = `${(flags & APPEND) !== 0 ? 'a' : ''}${(flags & IMMUTABLE) !== 0 ? 'i' : ''}`;
  if (kept !== '') setXattr(fd, SELF, `${prefix}protattr`, Buffer.from(kept));
  const copied = flags & (SYNC | NOATIME);
  if (copied === 0) return;
  const own = inodeFlags(fd);
  // An upper that keeps no flags cannot have these either: the kernel goes on without.
  if (own !== undefined) setInodeFlags(fd, own | copied);
}
