import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { groupsText, parseGroups } from '../../src/record/groups-text.js';
import { LowerGroups } from '../../src/scan/hints/lower-groups.js';
import type { Bytes } from '../../src/sys/bytes.js';
import '../support/property-seed.js';

const path = fc
  .array(fc.integer({ min: 1, max: 255 }), { maxLength: 12 })
  .map((units) => String.fromCharCode(...units) as Bytes);
const groups = fc
  .record({
    directories: fc.array(path, { minLength: 1, maxLength: 6 }),
    places: fc.array(
      fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.array(fc.nat(5), { maxLength: 4 })),
      { maxLength: 6 },
    ),
  })
  .map(({ directories, places }) => new LowerGroups(directories, new Map(places)));

describe('the text of hardlink groups', () => {
  test('is read as it was written, whatever bytes the paths have', () => {
    fc.assert(
      fc.property(groups, (written) => {
        expect(parseGroups(groupsText('a lower', written), 'a lower')).toEqual(written);
      }),
    );
  });

  test('is not read when it is cut short, changed anywhere, or of another lower', () => {
    fc.assert(
      fc.property(groups, fc.nat(), fc.integer({ min: 1, max: 127 }), (written, at, bits) => {
        const text = groupsText('a lower', written);
        const place = at % text.length;
        const changed = String.fromCharCode(text.charCodeAt(place) ^ bits);
        expect(parseGroups(text.slice(0, place), 'a lower')).toBeUndefined();
        expect(
          parseGroups(`${text.slice(0, place)}${changed}${text.slice(place + 1)}`, 'a lower'),
        ).toBeUndefined();
        expect(parseGroups(text, 'another')).toBeUndefined();
      }),
    );
  });
});
