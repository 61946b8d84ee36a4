import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Bytes,
  baseOf,
  bytesOf,
  componentsOf,
  joinBytes,
  parentOf,
  toBuffer,
} from '../../src/sys/bytes.js';
import { hiddenBy, parsePlinkName, whiteoutOf } from '../../src/union/aufs-names.js';
import { parseMountOptions, splitUnescaped, unescapeBackslash } from '../../src/union/mount-options.js';
import { parseMountInfoLine } from '../../src/union/mountinfo.js';
import { decodeOctal } from '../../src/union/octal.js';
import { readOverlayWords } from '../../src/union/overlay-words.js';
import '../support/property-seed.js';

/** Any file name that Linux takes. */
const name = fc
  .uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) => bytesOf(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x41 : byte))))
  .filter((each) => each !== '.' && each !== '..');

const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((parts) => `/${parts.join('/')}` as Bytes);

const octal = (text: Bytes, characters: RegExp): Bytes =>
  text.replace(characters, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`) as Bytes;

const escaped = (text: Bytes): Bytes => text.replace(/[\\:,]/g, '\\$&') as Bytes;

describe('names', () => {
  test('keep every byte between a buffer and a byte string', () => {
    fc.assert(fc.property(name, (each) => expect(bytesOf(toBuffer(each))).toBe(each)));
  });

  test('join and part again', () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 8 }), (parts) => {
        const joined = parts.reduce((at, part) => joinBytes(at, part), '' as Bytes);
        expect(componentsOf(joined)).toEqual(parts);
        expect(baseOf(joined)).toBe(parts.at(-1));
        expect(componentsOf(parentOf(joined))).toEqual(parts.slice(0, -1));
      }),
    );
  });

  test('come back from the octal escapes of the kernel and of fstab', () => {
    fc.assert(
      fc.property(path, (each) => {
        expect(decodeOctal(octal(each, /[ \t\n\\#]/g))).toBe(each);
      }),
    );
  });

  test('of mount points come back from a line of mountinfo', () => {
    fc.assert(
      fc.property(path, path, (mountpoint, source) => {
        const field = (text: Bytes): Bytes => octal(text, /[ \t\n\\#]/g);
        const line =
          `36 25 7:3 / ${field(mountpoint)} rw,noatime shared:1 - ext4 ${field(source)} rw` as Bytes;
        expect(parseMountInfoLine(line)).toMatchObject({ mountpoint, source, dev: 0x703n });
      }),
    );
  });

  test('of layers come back from the options of an overlay', () => {
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 4 }), path, path, (lowers, upper, work) => {
        const text = [
          `lowerdir=${lowers.map(escaped).join(':')}`,
          `upperdir=${escaped(upper)}`,
          `workdir=${escaped(work)}`,
          'index=on',
        ].join(',') as Bytes;
        const words = readOverlayWords(parseMountOptions(text));
        expect(words).toMatchObject({ upper, work, lowers: lowers.map((path) => ({ path, data: false })) });
        expect(words.options.index).toBe(true);
      }),
    );
  });

  test('are split at bare separators alone', () => {
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 5 }), fc.constantFrom(':', ','), (paths, at) => {
        const parts = splitUnescaped(paths.map(escaped).join(at) as Bytes, at);
        expect(parts.map(unescapeBackslash)).toEqual(paths);
      }),
    );
  });
});

describe("aufs' own names", () => {
  test('a whiteout hides its name, and nothing that aufs keeps for itself', () => {
    fc.assert(
      fc.property(name, (each) => {
        const expected = each.startsWith('.wh.') ? undefined : each;
        expect(hiddenBy(whiteoutOf(each))).toBe(expected);
      }),
    );
  });

  test('a pseudo-link gives its two numbers back', () => {
    const inode = fc.bigInt({ min: 1n, max: (1n << 64n) - 1n });
    fc.assert(
      fc.property(inode, inode, (unionInode, branchInode) => {
        expect(parsePlinkName(`${unionInode}.${branchInode}` as Bytes)).toEqual({ unionInode, branchInode });
      }),
    );
  });

  test('any other name is none', () => {
    fc.assert(
      fc.property(name, (each) => {
        const parsed = parsePlinkName(each);
        if (parsed !== undefined) expect(`${parsed.unionInode}.${parsed.branchInode}`).toBe(each);
      }),
    );
  });
});
