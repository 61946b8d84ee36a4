import type { Bytes } from '../../src/sys/bytes.js';
import type { Random } from './random.js';

const odd: readonly string[] = [
  'new\nline',
  '\xff\xfe\x80',
  '#hash',
  ' space ',
  'tab\there',
  '-rf',
  'quote\'"`',
  '\x1b[31mred',
  'd\xc3\xa9j\xc3\xa0',
  'back\\slash',
  'co:lon,comma',
  '...',
  '%n$(x)',
  '.wh.name',
  'L'.repeat(255),
];

/** A file name: mostly plain, sometimes one that breaks careless programs. */
export function randomName(random: Random): Bytes {
  const plain = `${random.pick(['a', 'b', 'c', 'file', 'x'])}${random.below(40)}`;
  return (random.chance(15) ? random.pick(odd) : plain) as Bytes;
}
