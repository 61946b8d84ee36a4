import { describe, expect, test } from '@jest/globals';
import type { Bytes } from '../../src/sys/bytes.js';
import { parseMountOptions, splitUnescaped, unescapeBackslash } from '../../src/union/mount-options.js';
import { decodeOctal } from '../../src/union/octal.js';

const b = (text: string): Bytes => text as Bytes;

describe('splitUnescaped', () => {
  test.each([
    ['a,b', ['a', 'b']],
    ['a\\,b', ['a\\,b']],
    ['a\\\\,b', ['a\\\\', 'b']],
    ['a,', ['a', '']],
    ['', ['']],
    ['a\\', ['a\\']],
  ])('%j', (text, parts) => {
    expect(splitUnescaped(b(text), ',')).toEqual(parts);
  });
});

describe('unescapeBackslash', () => {
  test.each([
    ['a\\:b', 'a:b'],
    ['a\\\\b', 'a\\b'],
    ['a\\nb', 'anb'],
    ['a\\\nb', 'a\nb'],
    ['plain', 'plain'],
  ])('%j is %j', (text, plain) => {
    expect(unescapeBackslash(b(text))).toBe(plain);
  });
});

describe('decodeOctal', () => {
  test.each([
    ['a\\040b', 'a b'],
    ['\\134\\054', '\\,'],
    ['\\377', '\xff'],
    ['\\048', '\\048'],
    ['\\477', '\\477'],
  ])('%j is %j', (field, plain) => {
    expect(decodeOctal(b(field))).toBe(plain);
  });
});

test('options keep their escapes and split at the first equals sign', () => {
  expect(parseMountOptions(b('rw,,lowerdir=/a\\,b=c:/d,index=on'))).toEqual([
    { key: 'rw', value: undefined },
    { key: 'lowerdir', value: '/a\\,b=c:/d' },
    { key: 'index', value: 'on' },
  ]);
});
