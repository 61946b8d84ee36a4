import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatOverlayNlink, parseOverlayNlink, unionNlink } from '../../src/union/overlay-nlink.js';
import '../support/property-seed.js';

const base = fc.constantFrom('U' as const, 'L' as const);
const difference = fc.integer({ min: -999_999_999, max: 999_999_999 });

describe('overlay.nlink', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(base, difference, (base, difference) => {
        const text = formatOverlayNlink(base, difference);
        expect(parseOverlayNlink(text)).toEqual({ base, difference });
      }),
    );
  });

  test('any other value is no count, and none of them throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 14 }), (bytes) => {
        const parsed = parseOverlayNlink(Buffer.from(bytes).toString('latin1'));
        if (parsed === undefined) return;
        // What is taken is what the kernel takes: a base, a sign, digits.
        expect(Buffer.from(bytes).toString('latin1')).toMatch(/^[UL][+-]\d+$/);
        expect(Number.isSafeInteger(parsed.difference)).toBe(true);
      }),
      { examples: [[Buffer.from('U+99999999999')], [Buffer.from('L-')], [Buffer.from('U+1\n')]] },
    );
  });

  test('tells the same count from both ends while links are added', () => {
    const links = fc.integer({ min: 1, max: 65_000 });
    fc.assert(
      fc.property(links, links, links, (names, upper, lower) => {
        const told = (base: 'U' | 'L', real: number) =>
          unionNlink({ base, difference: names - real }, upper, lower);
        expect(told('U', upper)).toBe(names);
        expect(told('L', lower)).toBe(names);
      }),
    );
  });
});
