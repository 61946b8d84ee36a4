import { describe, expect, test } from '@jest/globals';
import { ascii } from '../../src/sys/bytes.js';
import { hiddenBy, parsePlinkName, whiteoutOf } from '../../src/union/aufs-names.js';

describe('names of pseudo-links', () => {
  test('two decimal numbers of up to 64 bits', () => {
    expect(parsePlinkName(ascii('11.15'))).toEqual({ unionInode: 11n, branchInode: 15n });
    expect(parsePlinkName(ascii('2.18446744073709551615'))).toEqual({
      unionInode: 2n,
      branchInode: 18446744073709551615n,
    });
  });

  test.each([
    '',
    '.',
    '11',
    '11.',
    '.15',
    '11.15.',
    '1.2.3',
    '011.15',
    '11.015',
    '0.15',
    '11.0',
    '-1.5',
    '+1.5',
    ' 11.15',
    '11.15\n',
    '0x1.2',
    '1e3.5',
    '１.5',
    'junk',
    '.wh.11.15',
  ])('anything else is junk: %j', (name) => {
    expect(parsePlinkName(ascii(name))).toBeUndefined();
  });
});

describe('whiteouts', () => {
  test('hide the name behind their prefix', () => {
    expect(whiteoutOf(ascii('a b'))).toBe('.wh.a b');
    expect(hiddenBy(ascii('.wh.a b'))).toBe('a b');
    expect(hiddenBy(ascii('.wh..hidden'))).toBe('.hidden');
  });

  test.each(['a', 'wh.a', '.wha', '.wh', '.wh..wh..opq', '.wh..wh.plnk', '.wh..wh.aufs'])(
    '%s is none',
    (name) => {
      expect(hiddenBy(ascii(name))).toBeUndefined();
    },
  );
});
