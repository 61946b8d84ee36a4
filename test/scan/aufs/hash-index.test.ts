import { expect, test } from '@jest/globals';
import { HashIndex } from '../../../src/scan/aufs/hash-index.js';

test('numbers are found by their texts, in their order, whenever they were added', () => {
  const index = new HashIndex();
  for (let i = 0; i < 1000; i += 1) index.add(`text ${i % 10}`, i);
  const all = (): boolean => true;
  expect(index.of('text 7', all)).toEqual(Array.from({ length: 100 }, (_, i) => 10 * i + 7));
  index.add('text 7', 5_000_000);
  expect(index.count('text 7')).toBe(101);
  expect(index.of('text 7', (number) => number > 980)).toEqual([987, 997, 5_000_000]);
  expect([index.count('none'), index.of('none', all)]).toEqual([0, []]);
});

test('a number that would pass for another one is refused', () => {
  expect(() => new HashIndex().add('text', 2 ** 23)).toThrow(RangeError);
});
