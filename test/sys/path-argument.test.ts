import { describe, expect, test } from '@jest/globals';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { PathArgument } from '../../src/sys/path-argument.js';

/** What the kernel reads: everything before the first NUL. */
const read = (buffer: Buffer): string => buffer.toString('latin1', 0, buffer.indexOf(0));

describe('the place of a path argument', () => {
  test('holds the last path alone, also a shorter one after a longer one', () => {
    const argument = new PathArgument();
    expect(read(argument.put(ascii('a/long/path')))).toBe('a/long/path');
    expect(read(argument.put(ascii('b')))).toBe('b');
    expect(read(argument.put(ascii('')))).toBe('');
    expect(read(argument.put('\xff\x80\n' as Bytes))).toBe('\xff\x80\n');
  });

  test('keeps a prefix for the next name, and forgets it for another or for a path', () => {
    const argument = new PathArgument();
    expect(read(argument.putBelow('/proc/self/fd/12/', ascii('name')))).toBe('/proc/self/fd/12/name');
    expect(read(argument.putBelow('/proc/self/fd/12/', ascii('n')))).toBe('/proc/self/fd/12/n');
    expect(read(argument.putBelow('/proc/self/fd/7/', ascii('n')))).toBe('/proc/self/fd/7/n');
    expect(read(argument.put(ascii('over it all, and longer')))).toBe('over it all, and longer');
    expect(read(argument.putBelow('/proc/self/fd/7/', ascii('n')))).toBe('/proc/self/fd/7/n');
  });

  test.each(['a\0b', '\u0100'])('refuses %j, and is good for the next', (bad) => {
    const argument = new PathArgument();
    argument.putBelow('dir/', ascii('before'));
    expect(() => argument.putBelow('dir/', bad as Bytes)).toThrow(/NUL|decoded/);
    expect(() => argument.put(bad as Bytes)).toThrow(/NUL|decoded/);
    expect(read(argument.putBelow('dir/', ascii('after')))).toBe('dir/after');
  });

  test('takes what has no room in it, as long as the caller likes', () => {
    const argument = new PathArgument();
    for (const length of [8190, 8191, 8192, 20_000]) {
      const long = 'x'.repeat(length) as Bytes;
      expect(read(argument.put(long))).toBe(long);
      expect(read(argument.putBelow('dir/', long))).toBe(`dir/${long}`);
    }
  });
});
