import { readFileSync } from 'node:fs';
import { type Bytes, bytesFromText, bytesOf } from '../sys/bytes.js';

/**
 * The arguments as bytes. Node decodes them as UTF-8 and puts U+FFFD where that fails; the bytes themselves are
 * still in `/proc/self/cmdline`.
 */
export function rawArguments(argv: readonly string[]): Bytes[] {
  const bytes = argv.map(bytesFromText);
  if (!argv.some((argument) => argument.includes('\ufffd'))) return bytes;
  const words = bytesOf(readFileSync('/proc/self/cmdline')).split('\0').slice(0, -1);
  // The tail: node's own options and the script's name come first.
  const raw = words.slice(-argv.length) as Bytes[];
  const same = raw.every((word, index) => Buffer.from(word, 'latin1').toString('utf8') === argv[index]);
  return same ? raw : bytes;
}
