import type { Bytes } from '../sys/bytes.js';

/** Undoes the kernel's and fstab's way to write white space and backslashes: `\040` and its like, a byte each. */
export function decodeOctal(field: Bytes): Bytes {
  if (!field.includes('\\')) return field;
  return field.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  ) as Bytes;
}
