import { type Bytes, toBuffer } from '../sys/bytes.js';
import { textOf } from '../words/shown.js';

/** A path as one word for a POSIX shell (bash's `$'…'` where it holds anything unprintable). */
export function shellWord(path: Bytes): string {
  const text = textOf(path);
  if (text !== undefined && /^[\w@%+=:,./-]+$/.test(text)) return text;
  if (text !== undefined && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const bytes = [...toBuffer(path)].map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  );
  return `$'${bytes.join('')}'`;
}
