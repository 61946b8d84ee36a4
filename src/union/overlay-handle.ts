import type { Handle } from '../sys/handle.js';

/**
 * An overlay's record of an inode, as it stands in `overlay.origin`, `overlay.upper` and, in hex, in the name of
 * an index entry (struct ovl_fb of the kernel's fs/overlayfs/overlayfs.h).
 */
export interface OverlayHandle {
  /** The handle is one of an upper object. */
  readonly upper: boolean;
  /** UUID of the file system, 16 bytes; zeros for one without, or under `uuid=off`. */
  readonly uuid: Buffer;
  readonly handle: Handle;
}

const MAGIC = 0xfb;
const HEADER = 21;
const BIG_ENDIAN = 1;
const ANY_ENDIAN = 2;
const IS_UPPER = 4;

/** The blob of a handle, as this little-endian kernel writes it. */
export function encodeOverlayHandle({ upper, uuid, handle }: OverlayHandle): Buffer {
  const head = Buffer.from([0, MAGIC, HEADER + handle.fid.length, upper ? IS_UPPER : 0, handle.type]);
  return Buffer.concat([head, uuid, handle.fid]);
}

/** Why the kernel does not take a blob: `junk` makes the mount fail with EINVAL, `foreign` with ENODATA. */
export type BadHandle = 'junk' | 'foreign';

/** Reads a blob by the kernel's own checks (ovl_check_fb_len). */
export function parseOverlayHandle(blob: Buffer): OverlayHandle | BadHandle {
  const [version = 0, magic = 0, length = 0, flags = 0, type = 0] = blob;
  if (blob.length < HEADER || length < HEADER || length > blob.length || magic !== MAGIC) return 'junk';
  if (version > 0 || (flags & ~(BIG_ENDIAN | ANY_ENDIAN | IS_UPPER)) !== 0) return 'foreign';
  if ((flags & ANY_ENDIAN) === 0 && (flags & BIG_ENDIAN) !== 0) return 'foreign';
  if (length !== blob.length) return 'junk';
  return {
    upper: (flags & IS_UPPER) !== 0,
    uuid: Buffer.from(blob.subarray(5, HEADER)),
    handle: { type, fid: Buffer.from(blob.subarray(HEADER)) },
  };
}

/** The blob in the name of an index entry; undefined for a name that is not lower-case hex. */
export function blobOfIndexName(name: string): Buffer | undefined {
  if (name.length < 2 * HEADER || name.length % 2 !== 0 || !/^[0-9a-f]+$/.test(name)) return undefined;
  return Buffer.from(name, 'hex');
}

/** Whether two handles name the same inode; an undefined UUID is one that could not be asked for. */
export function sameHandle(a: Handle, b: Handle): boolean {
  return a.type === b.type && a.fid.equals(b.fid);
}
