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

/**
 * A file name: mostly plain, sometimes one that breaks careless programs.
 *
 * @param longest - bytes; mkfs.erofs itself fails on a name of 255
 */
export function randomName(random: Random, longest = 255): Bytes {
  const plain = `${random.pick(['a', 'b', 'c', 'file', 'x'])}${random.below(40)}`;
  return (random.chance(15) ? random.pick(odd).slice(0, longest) : plain) as Bytes;
}
