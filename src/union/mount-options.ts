import type { Bytes } from '../sys/bytes.js';

/** One option of a list; the value is undefined for a bare word. */
export interface MountOption {
  readonly key: string;
  readonly value: Bytes | undefined;
}

/** Splits at every `separator` that no backslash stands before; escapes stay as they are. */
export function splitUnescaped(text: Bytes, separator: string): Bytes[] {
  const parts: Bytes[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === separator) {
      parts.push(text.slice(start, at) as Bytes);
      start = at + 1;
    }
  }
  parts.push(text.slice(start) as Bytes);
  return parts;
}

/** Undoes overlayfs' own escapes: a backslash makes the next byte a plain one. */
export function unescapeBackslash(text: Bytes): Bytes {
  return text.replace(/\\(.)/gs, '$1') as Bytes;
}

/** Reads one option, `KEY` or `KEY=VALUE`. */
export function readMountOption(option: Bytes): MountOption {
  const equals = option.indexOf('=');
  if (equals < 0) return { key: option, value: undefined };
  return { key: option.slice(0, equals), value: option.slice(equals + 1) as Bytes };
}

/**
 * The options of `-o` or of fstab. Commas are separators unless escaped, as overlayfs reads its option string;
 * values keep their escapes, since each option has its own.
 */
export function parseMountOptions(text: Bytes): MountOption[] {
  return splitUnescaped(text, ',')
    .filter((option) => option !== '')
    .map(readMountOption);
}
