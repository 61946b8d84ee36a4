import type { Bytes } from './bytes.js';
import { readRecords, recordBytes, recordWords } from './descent.js';
import { SysError } from './sys-error.js';

/** Where the name begins in a record of getdents64(2). */
export const NAME_IN_RECORD = 19;
const DOT = 0x2e;
const latin1 = Buffer.from(recordBytes.buffer);

/** Whether a record's name is `.` or `..`. */
export function isDots(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== DOT) return false;
  return bytes[at + 1] === 0 || (bytes[at + 1] === DOT && bytes[at + 2] === 0);
}

/** The name in a record, of `size` bytes, among those that were read last. */
export function nameInRecord(at: number, size: number): Bytes {
  // Records are padded to eight bytes: the NUL is among the last eight.
  let end = Math.max(at + NAME_IN_RECORD, at + size - 8);
  while (recordBytes[end] !== 0) end += 1;
  return latin1.toString('latin1', at + NAME_IN_RECORD, end) as Bytes;
}

/** Every name but `.` and `..` among the records that were read last, in a directory's own order. */
export function namesAmong(length: number): Bytes[] {
  const names: Bytes[] = [];
  for (let at = 0; at < length; ) {
    const size = (recordWords[(at >> 2) + 4] as number) & 0xffff;
    if (!isDots(recordBytes, at + NAME_IN_RECORD)) names.push(nameInRecord(at, size));
    at += size;
  }
  return names;
}

/**
 * Every name in an open directory but `.` and `..`, all at once. The descriptor must be fresh or rewound.
 *
 * @throws SysError for a directory that cannot be read to its end: a list cut short proves nothing
 */
export function namesIn(fd: number): Bytes[] {
  const names: Bytes[] = [];
  for (;;) {
    const length = readRecords(fd);
    if (length < 0) throw new SysError('getdents64', -length);
    if (length === 0) return names;
    for (const name of namesAmong(length)) names.push(name);
  }
}
