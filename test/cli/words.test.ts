import { describe, expect, test } from '@jest/globals';
import { parseConfigLines } from '../../src/cli/config-lines.js';
import { nearest } from '../../src/cli/nearest.js';
import { rawArguments } from '../../src/cli/raw-arguments.js';
import { targetWords } from '../../src/cli/select-union.js';
import { splitWords } from '../../src/cli/split-words.js';
import { seconds } from '../../src/cli/values.js';
import { type Bytes, bytesFromText } from '../../src/sys/bytes.js';

const b = (text: string): Bytes => text as Bytes;

describe('splitWords', () => {
  test.each<[string, string[]]>([
    ['', []],
    ['  # comment', []],
    ['a b\tc', ['a', 'b', 'c']],
    ['a # b', ['a']],
    ['a#b', ['a#b']],
    [`'a b' "c d"`, ['a b', 'c d']],
    [`-o 'lowerdir=/a\\:b'`, ['-o', 'lowerdir=/a\\:b']],
    ['a\\ b', ['a b']],
    [`"a\\"b\\\\c\\d"`, ['a"b\\c\\d']],
    [`''`, ['']],
    [`x'y'"z"`, ['xyz']],
    ['/voil\xc3\xa0/\x85 b\r', ['/voil\xc3\xa0/\x85', 'b']],
  ])('%j', (line, words) => {
    expect(splitWords(b(line))).toEqual(words);
  });

  test.each(["it's", 'a "b c', `'a\\'b'`, 'a\\'])('%j does not end', (line) => {
    expect(splitWords(b(line))).toBeUndefined();
  });
});

describe('configuration file', () => {
  test('a union a line, in the words of the command line', () => {
    const text = [
      '# my unions',
      '/mnt/union   # mounted',
      '',
      `-o 'lowerdir=/l\\:1,upperdir=/u,workdir=/w'`,
      '--upper "/my upper" --lower /l1 --lower /l2',
      '--fstab /mnt/other',
    ].join('\n');
    expect(parseConfigLines(b(text), b('/etc/x'))).toEqual([
      expect.objectContaining({ mountpoint: '/mnt/union' }),
      expect.objectContaining({ options: ['lowerdir=/l\\:1,upperdir=/u,workdir=/w'] }),
      expect.objectContaining({ upper: '/my upper', lowers: ['/l1', '/l2'] }),
      expect.objectContaining({ mountpoint: '/mnt/other', fstab: '' }),
    ]);
  });

  test('a line that names no union is told by its number', () => {
    expect(() => parseConfigLines(b('/a\n/b\0'), b('/etc/x'))).toThrow('line 2 does not name a union');
    expect(() => parseConfigLines(b('/a\n--colour'), b('/etc/x'))).toThrow('line 2 does not name a union');
    expect(() => parseConfigLines(b("/a\n/mnt/it's"), b('/etc/x'))).toThrow('line 2 does not name a union');
  });
});

describe('targetWords', () => {
  test('--fstab FILE MOUNTPOINT', () => {
    expect(targetWords({ fstab: b('') } as never, [b('/tab'), b('/m')])).toMatchObject({
      fstab: '/tab',
      mountpoint: '/m',
    });
    expect(targetWords({ fstab: b('') } as never, [b('/m')])).toMatchObject({ fstab: '', mountpoint: '/m' });
    expect(targetWords({ fstab: b('/tab') } as never, [b('/m')])).toMatchObject({
      fstab: '/tab',
      mountpoint: '/m',
    });
  });

  test('too many', () => {
    expect(() => targetWords({} as never, [b('/a'), b('/b')])).toThrow('only one union');
    expect(() => targetWords({ fstab: b('') } as never, [b('/a'), b('/b'), b('/c')])).toThrow(
      'only one union',
    );
  });
});

test.each([
  ['uper', 'upper'],
  ['quite', 'quiet'],
  ['dryrun', 'dry-run'],
  ['jsn', 'json'],
  ['zzz', undefined],
  ['', undefined],
])('the nearest word to %j is %j', (word, expected) => {
  expect(nearest(word, ['upper', 'lower', 'quiet', 'dry-run', 'json'])).toBe(expected);
});

test.each(['5', '0', '1.5'])('seconds: %s', (text) => {
  expect(seconds('wait', text)).toBe(Number(text));
});

test.each(['', '-1', '1e3', '0x10', 'x', ' 5', 'Infinity'])('no seconds: %j', (text) => {
  expect(() => seconds('wait', text)).toThrow('--wait takes a number');
});

describe('rawArguments', () => {
  test('text is UTF-8', () => {
    expect(rawArguments(['größe'])).toEqual([bytesFromText('größe')]);
  });

  test('what is not the process’ own command line is left as it is', () => {
    expect(rawArguments(['a\ufffd'])).toEqual([bytesFromText('a\ufffd')]);
  });
});
