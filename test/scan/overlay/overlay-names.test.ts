import { expect, test } from '@jest/globals';
import { noNames } from '../../../src/scan/overlay/entry-names.js';
import type { LikelyPlaces } from '../../../src/scan/overlay/likely-places.js';
import type { OverlayLayers } from '../../../src/scan/overlay/overlay-layers.js';
import { OverlayNames } from '../../../src/scan/overlay/overlay-names.js';
import type { Bytes } from '../../../src/sys/bytes.js';
import type { OverlayRules } from '../../../src/union/overlay-rules.js';

const KEY = '00fb1d';
const upper = { branch: 0, role: 'upper', trueInodes: true };

/** A walk that waits for one name, and has been told by the other thread that it met it. */
function toldByTheOther(redirects: number): OverlayNames {
  const overlay = { upper, lowers: [], prefix: 'trusted.overlay.' } as unknown as OverlayLayers;
  const rules = { redirects: 0 } as unknown as OverlayRules;
  const names = new OverlayNames(overlay, rules, new Map([[KEY, undefined]]), false);
  names.expect(() => 1, {} as LikelyPlaces);
  const path = 'a' as Bytes;
  names.merge({
    entries: [{ ...noNames(KEY, undefined), lowerNlink: 1, missing: [{ path, lower: { branch: 1, path } }] }],
    unreadable: [],
    directories: [],
    upper: { unindexed: [], counted: [], owedTimes: [] },
    redirects,
  });
  return names;
}

test('a walk is complete when the names that both threads met are all', () => {
  expect(toldByTheOther(0).complete()).toBe(true);
});

test('counting proves nothing once either thread has followed a redirect', () => {
  expect(toldByTheOther(1).complete()).toBe(false);
});

// An engine takes some 120,000 arguments: what is passed as such must not be as many as there are files.
test('two hundred thousand findings of the other thread are taken over', () => {
  const names = toldByTheOther(0);
  const many = <T>(each: T): T[] => Array.from({ length: 200_000 }, () => each);
  const path = 'a' as Bytes;
  names.merge({
    entries: [],
    unreadable: many({ path, branch: 1, code: 'EACCES' }),
    directories: [],
    upper: {
      unindexed: many({ path, key: KEY, hasNlink: false, nlink: 1 }),
      counted: many(path),
      owedTimes: many(path),
    },
    redirects: 0,
  });
  expect([names.unreadable.length, names.upper.unindexed.length]).toEqual([200_000, 200_000]);
});
