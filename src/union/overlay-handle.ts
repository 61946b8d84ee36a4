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

/**
 * The name of the index entry for a lower inode: its blob in hex, put together as text at a third of the cost.
 *
 * @param uuid - of its file system, in hex
 * @param fid - the handle's bytes, in hex
 */
export function indexName(uuid: string, type: number, fid: string): string {
  return `00fb${hexByte(HEADER + fid.length / 2)}00${hexByte(type)}${uuid}${fid}`;
}

const hexBytes = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

function hexByte(value: number): string {
  return hexBytes[value & 0xff] as string;
}

/** Why the kernel does not take a blob: `junk` makes the mount fail with EINVAL, `foreign` with ENODATA. */
export type BadHandle = 'junk' | 'foreign';

/** What is wrong with a blob by the kernel's own checks (ovl_check_fb_len). */
export function whyBadHandle(blob: Buffer): BadHandle | undefined {
  return blob.length < HEADER ? 'junk' : whyBadHead(blob.readUInt32BE(0), blob.length);
}

/** As {@link whyBadHandle}, of the name of an index entry: of a thousand names nobody wants a thousand buffers. */
export function whyBadIndexName(name: string): BadHandle | undefined {
  return isHandleText(name) ? whyBadHead(Number.parseInt(name.slice(0, 8), 16), name.length / 2) : 'junk';
}

/** @param head - the first four bytes */
function whyBadHead(head: number, size: number): BadHandle | undefined {
  const version = head >>> 24;
  const magic = (head >>> 16) & 0xff;
  const length = (head >>> 8) & 0xff;
  const flags = head & 0xff;
  if (length < HEADER || length > size || magic !== MAGIC) return 'junk';
  if (version > 0 || (flags & ~(BIG_ENDIAN | ANY_ENDIAN | IS_UPPER)) !== 0) return 'foreign';
  if ((flags & ANY_ENDIAN) === 0 && (flags & BIG_ENDIAN) !== 0) return 'foreign';
  return length === size ? undefined : 'junk';
}

/** UUID and handle in the name of an index entry, both in hex; undefined where it is {@link whyBadIndexName | bad}. */
export function textOfIndexName(
  name: string,
): { readonly uuid: string; readonly type: number; readonly fid: string } | undefined {
  if (whyBadIndexName(name) !== undefined) return undefined;
  const type = Number.parseInt(name.slice(8, 10), 16);
  return { uuid: name.slice(10, 2 * HEADER), type, fid: name.slice(2 * HEADER) };
}

/** Reads a blob, which belongs to the answer from now on. */
export function parseOverlayHandle(blob: Buffer): OverlayHandle | BadHandle {
  const bad = whyBadHandle(blob);
  if (bad !== undefined) return bad;
  return {
    upper: ((blob[3] ?? 0) & IS_UPPER) !== 0,
    uuid: blob.subarray(5, HEADER),
    handle: { type: blob[4] ?? 0, fid: blob.subarray(HEADER) },
  };
}

/** The blob in the name of an index entry; undefined for a name that is not lower-case hex. */
export function blobOfIndexName(name: string): Buffer | undefined {
  return isHandleText(name) ? Buffer.from(name, 'hex') : undefined;
}

function isHandleText(name: string): boolean {
  return name.length >= 2 * HEADER && name.length % 2 === 0 && /^[0-9a-f]+$/.test(name);
}

/** Whether two handles name the same inode; an undefined UUID is one that could not be asked for. */
export function sameHandle(a: Handle, b: Handle): boolean {
  return a.type === b.type && a.fid.equals(b.fid);
}
