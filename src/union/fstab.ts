import { readInput } from '../read-input.js';
import type { Bytes } from '../sys/bytes.js';
import { decodeOctal } from './octal.js';

/** One line of fstab(5). */
export interface FstabEntry {
  readonly source: Bytes;
  readonly mountpoint: Bytes;
  readonly type: Bytes;
  /** In mount(8)'s words, octal escapes undone. */
  readonly options: Bytes;
}

/** The entries of an fstab, comments and broken lines left out as mount(8) leaves them out. */
export function parseFstab(text: Bytes): FstabEntry[] {
  const entries: FstabEntry[] = [];
  for (const line of text.split('\n')) {
    // Neither \s nor trim(): both take the byte A0 for a space, and it is the end of an à.
    if (/^[ \t\r]*(#|$)/.test(line)) continue;
    const [source, mountpoint, type, options = 'defaults'] = line
      .split(/[ \t\r]+/)
      .filter((field) => field !== '')
      .map((field) => decodeOctal(field as Bytes));
    if (source === undefined || mountpoint === undefined || type === undefined) continue;
    entries.push({ source, mountpoint, type, options: options as Bytes });
  }
  return entries;
}

/** Reads an fstab; throws as `readInput` does. */
export function readFstab(path: Bytes): FstabEntry[] {
  return parseFstab(readInput(path));
}

/** Those entries that are unions. */
export function fstabUnions(entries: readonly FstabEntry[]): FstabEntry[] {
  return entries.filter(({ type }) => type === 'aufs' || type === 'overlay');
}
