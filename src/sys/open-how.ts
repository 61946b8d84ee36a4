import { type FixedMemory, fixedMemory } from './libc.js';

/** `openat2(2)`: no other mount is entered. */
export const RESOLVE_NO_XDEV = 0x01;
/** No link of `/proc` is followed. */
export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_NO_SYMLINKS = 0x04;
/** Nothing above the directory is reached. */
export const RESOLVE_BENEATH = 0x08;

/** Bytes of a {@link openHow}. */
export const HOW_SIZE = 24;

/** The `struct open_how` of openat2(2). */
export function openHow(flags: number, resolve: number): FixedMemory {
  const how = fixedMemory(HOW_SIZE);
  const view = new DataView(how.bytes.buffer);
  view.setBigUint64(0, BigInt(flags >>> 0), true);
  view.setBigUint64(16, BigInt(resolve), true);
  return how;
}
