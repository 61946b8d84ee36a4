import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shellWord } from '../../src/report/shell-word.js';
import { type Bytes, bytesFromText, bytesOf } from '../../src/sys/bytes.js';
import { pathJson } from '../../src/words/path-json.js';
import { sentence, shown } from '../../src/words/shown.js';
import { command } from '../support/command.js';
import '../support/property-seed.js';

const utf8 = bytesFromText;
const raw = (...bytes: number[]): Bytes => bytesOf(Uint8Array.from(bytes));

describe('shown', () => {
  test.each<[string, Bytes, string]>([
    ['plain', utf8('d/file.txt'), 'd/file.txt'],
    ['spaces and quotes', utf8(`a b 'c' "d"`), `a b 'c' "d"`],
    ['letters of the world', utf8('größe/日本語/😀'), 'größe/日本語/😀'],
    ['a backslash', utf8('a\\x41'), 'a\\\\x41'],
    ['a newline', utf8('a\nb'), 'a\\x0ab'],
    ['a terminal command', utf8('\x1b[31mred\x07'), '\\x1b[31mred\\x07'],
    ['a C1 control, 8 bit', utf8('\u009b31m'), '\\xc2\\x9b31m'],
    ['right-to-left override', utf8('gpj\u202etxt'), 'gpj\\xe2\\x80\\xaetxt'],
    ['zero width', utf8('a\u200bb\ufeff'), 'a\\xe2\\x80\\x8bb\\xef\\xbb\\xbf'],
    ['line separator', utf8('a\u2028b'), 'a\\xe2\\x80\\xa8b'],
    ['private use', utf8('\ue000'), '\\xee\\x80\\x80'],
    ['not UTF-8', raw(0x61, 0xff, 0xfe, 0x62), 'a\\xff\\xfeb'],
    ['partly UTF-8', raw(0xc3, 0xa4, 0xff, 0xc3), 'ä\\xff\\xc3'],
    ['a surrogate', raw(0xed, 0xa0, 0x80), '\\xed\\xa0\\x80'],
    ['too long a form', raw(0xc0, 0xaf), '\\xc0\\xaf'],
    ['cut off', raw(0xe6, 0x97), '\\xe6\\x97'],
    ['nothing', utf8(''), ''],
  ])('%s', (_, bytes, text) => {
    expect(shown(bytes)).toBe(text);
  });

  test('no two names look the same, and none can reach the terminal', () => {
    const name = fc.uint8Array({ minLength: 1, maxLength: 12 }).map(bytesOf);
    fc.assert(
      fc.property(name, name, (one, other) => {
        const [a, c] = [shown(one), shown(other)];
        expect(a === c).toBe(one === other);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
        expect(a).not.toMatch(/[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/);
      }),
      { numRuns: 2000 },
    );
  });
});

test('a sentence may hold a name as bytes, and keeps its backslashes', () => {
  expect(sentence('plain \\x0a')).toBe('plain \\x0a');
  expect(sentence(`name ${utf8('größe')} here`)).toBe('name größe here');
  expect(sentence('it’s said')).toBe('it’s said');
  expect(sentence('a\x1b[0m')).toBe('a\\x1b[0m');
});

describe('pathJson', () => {
  test('text where it is UTF-8', () => {
    expect(pathJson(utf8('d/größe\n'))).toBe('d/größe\n');
  });

  test('base64 where it is not', () => {
    expect(pathJson(raw(0x61, 0xff))).toEqual({ b64: 'Yf8=' });
  });

  test('a byte order mark is not lost', () => {
    expect(pathJson(utf8('\ufeffa'))).toBe('\ufeffa');
  });
});

test('bash reads a shell word as the very bytes', () => {
  const names = fc.uint8Array({ min: 1, minLength: 1, maxLength: 10 }).map(bytesOf);
  fc.assert(
    fc.property(names, (name) => {
      const echoed = command('bash', '-c', `printf %s ${shellWord(name)} | xxd -p`).replace(/\s/g, '');
      expect(echoed).toBe(Buffer.from(name, 'latin1').toString('hex'));
    }),
    { numRuns: 30 },
  );
  expect(shellWord(utf8('/a/b-c.d'))).toBe('/a/b-c.d');
  expect(shellWord(utf8("it's"))).toBe("'it'\\''s'");
  expect(shellWord(utf8('größe'))).toBe("'größe'");
});
