import { type Bytes, toBuffer } from '../sys/bytes.js';

let loaded: InstanceType<typeof TextDecoder> | undefined;

function decode(bytes: Uint8Array): string {
  loaded ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return loaded.decode(bytes);
}

/** The text of a byte string, or undefined where it is not UTF-8. */
export function textOf(bytes: Bytes): string | undefined {
  // Every name that ls of an ordinary system shows is its own text.
  if (/^[\x20-\x7e]*$/.test(bytes)) return bytes;
  try {
    return decode(toBuffer(bytes));
  } catch {
    return undefined;
  }
}

// Controls can move the cursor or retitle the terminal; format characters (bidirectional marks, zero width,
// tags) and unassigned or private ones can make one name look like another; separators end the line.
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\\]/gu;

/**
 * A name as a person may see it: printable characters as they are, every other byte as `\xNN`, a backslash
 * doubled, so that no name can pass for another or reach the terminal as a command.
 */
export function shown(bytes: Bytes): string {
  // The classes of Unicode are slow to compile, and most names do without.
  if (/^[\x20-\x5b\x5d-\x7e]*$/.test(bytes)) return bytes;
  const text = textOf(bytes);
  if (text !== undefined) return text.replace(unsafe, escapeCharacter);
  // Not UTF-8 as a whole: what is, is still shown as text.
  return splitUtf8(toBuffer(bytes))
    .map((part) => (typeof part === 'string' ? part.replace(unsafe, escapeCharacter) : hex(part)))
    .join('');
}

function escapeCharacter(character: string): string {
  if (character === '\\') return '\\\\';
  return [...Buffer.from(character, 'utf8')].map(hex).join('');
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function splitUtf8(buffer: Buffer): (string | number)[] {
  const parts: (string | number)[] = [];
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer[at] ?? 0);
    try {
      parts.push(decode(buffer.subarray(at, at + length)));
      at += length;
    } catch {
      parts.push(buffer[at] ?? 0);
      at += 1;
    }
  }
  return parts;
}

function sequenceLength(lead: number): number {
  if (lead < 0xc0) return 1;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/**
 * A sentence of this program's own, which may hold a name as bytes: made safe as {@link shown} does, without
 * doubling backslashes.
 */
export function sentence(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const decoded = /[^\x20-\x7e]/.test(text) && /^[\0-\xff]*$/.test(text) ? textOf(text as Bytes) : text;
  return (decoded ?? text).replace(unsafe, (character) =>
    character === '\\' ? character : escapeCharacter(character),
  );
}
