import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { magic } from '../../src/sys/filesystem.js';
import { inodeOfHandle, inodeOfHandleText } from '../../src/union/handle-inode.js';
import {
  blobOfIndexName,
  encodeOverlayHandle,
  parseOverlayHandle,
  textOfIndexName,
  whyBadHandle,
  whyBadIndexName,
} from '../../src/union/overlay-handle.js';
import '../support/property-seed.js';

const bytes = (size: { minLength?: number; maxLength: number }) =>
  fc.uint8Array(size).map((array) => Buffer.from(array));

const handle = fc.record({
  upper: fc.boolean(),
  uuid: bytes({ minLength: 16, maxLength: 16 }),
  handle: fc.record({ type: fc.integer({ min: 0, max: 255 }), fid: bytes({ maxLength: 128 }) }),
});

const FLAGS = 3;

describe("an overlay's handle", () => {
  test('is read as it was written, also as the name of an index entry', () => {
    fc.assert(
      fc.property(handle, (handle) => {
        const blob = encodeOverlayHandle(handle);
        expect(parseOverlayHandle(blob)).toEqual(handle);
        expect(blobOfIndexName(blob.toString('hex'))).toEqual(blob);
        const { uuid, handle: inner } = handle;
        expect(textOfIndexName(blob.toString('hex'))).toEqual({
          uuid: uuid.toString('hex'),
          type: inner.type,
          fid: inner.fid.toString('hex'),
        });
      }),
    );
  });

  test('of a name in hex the same is wrong as of its bytes', () => {
    // Mostly damaged ones: of random bytes hardly one begins as a handle does.
    const damaged = fc.tuple(handle, fc.nat({ max: 4 }), fc.nat({ max: 255 })).map(([handle, at, byte]) => {
      const blob = encodeOverlayHandle(handle);
      blob[at] = byte;
      return blob;
    });
    fc.assert(
      fc.property(fc.oneof(damaged, bytes({ maxLength: 60 })), (blob) => {
        expect(whyBadIndexName(blob.toString('hex'))).toBe(whyBadHandle(blob));
      }),
    );
  });

  test('any bytes are a handle or one of the two kinds that are none, and no handle is lost in reading', () => {
    fc.assert(
      fc.property(bytes({ maxLength: 200 }), (blob) => {
        const parsed = parseOverlayHandle(blob);
        if (typeof parsed === 'string') expect(['junk', 'foreign']).toContain(parsed);
        else expect(parsed.handle.fid.length + 21).toBe(blob.length);
      }),
    );
  });

  test('one damaged byte never makes another inode of the same file system out of it', () => {
    fc.assert(
      fc.property(handle, fc.nat(), fc.integer({ min: 1, max: 255 }), (handle, position, flip) => {
        const blob = encodeOverlayHandle(handle);
        const at = position % blob.length;
        // The kernel takes a handle that is marked as readable in any byte order for the same one.
        if (at === FLAGS) return;
        blob[at] = (blob[at] as number) ^ flip;
        const parsed = parseOverlayHandle(blob);
        if (typeof parsed === 'string') return;
        expect(parsed).not.toEqual(handle);
      }),
    );
  });

  test('any name of an index is read without an error', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 255 }), (name) => {
        const blob = blobOfIndexName(name);
        if (blob !== undefined) expect(blob.toString('hex')).toBe(name);
      }),
    );
  });

  test('any handle on any file system gives an inode number or none', () => {
    fc.assert(
      fc.property(handle, fc.constantFrom(...Object.values(magic)), ({ handle }, fileSystem) => {
        const inode = inodeOfHandle(handle, fileSystem);
        expect(inodeOfHandleText(handle.type, handle.fid.toString('hex'), fileSystem)).toBe(inode);
        if (inode !== undefined) expect(inode >= 0n && inode < 1n << 64n).toBe(true);
      }),
    );
  });
});
