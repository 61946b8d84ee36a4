import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { plan } from '../../src/restore/plan.js';
import { entryStates } from '../../src/scan/entry-state.js';
import type { EntryState, IndexEntry, ScanResult } from '../../src/scan/result.js';
import { type Bytes, parentOf } from '../../src/sys/bytes.js';
import { parseOverlayNlink, unionNlink } from '../../src/union/overlay-nlink.js';
import { noOverlayOptions } from '../../src/union/overlay-words.js';
import '../support/property-seed.js';

const movable = new Set<EntryState>(['restorable', 'complete', 'stale']);

const names = fc.uniqueArray(fc.stringMatching(/^[a-c](\/[a-c]){0,3}$/), { maxLength: 4 }) as fc.Arbitrary<
  Bytes[]
>;

const entry: fc.Arbitrary<IndexEntry> = fc
  .record({
    state: fc.constantFrom(...entryStates),
    all: names,
    there: fc.nat({ max: 4 }),
    nlink: fc.integer({ min: 1, max: 6 }),
    lowerNlink: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    nlinkXattr: fc.option(fc.constantFrom('U+0', 'U-1', 'L+2', 'nonsense'), { nil: undefined }),
    metacopy: fc.constantFrom(undefined, 'plain' as const, 'layered' as const, 'verity' as const),
    originExists: fc.constantFrom(undefined, true, false),
    accounted: fc.boolean(),
    number: fc.nat({ max: 1_000_000 }),
  })
  .map(({ state, all, there, nlink, number, ...facts }): IndexEntry => {
    const upper = all.slice(0, there);
    const missing = all.slice(there);
    return {
      name: `entry${number}` as Bytes,
      branch: 0,
      kind: 'file',
      state,
      atRisk: false,
      inode: {
        dev: 1n,
        ino: BigInt(number),
        mode: 0o100644,
        nlink,
        uid: 0,
        gid: 0,
        size: 0n,
        mtime: 0n,
        blocks: 0n,
        attributes: 0n,
      },
      names: [...upper].sort(),
      missing: missing.sort().map((path) => ({ path, lower: { branch: 1, path } })),
      reason: undefined,
      evidence: [],
      overlay: { ...facts, nlinkWanted: 'U+0' },
      aufs: undefined,
    };
  });

const scanned: fc.Arbitrary<ScanResult> = fc
  .record({
    entries: fc.uniqueArray(entry, { maxLength: 6, selector: ({ name }) => name }),
    nfsExport: fc.boolean(),
  })
  .map(({ entries, nfsExport }) => ({
    union: {
      format: 'overlay' as const,
      branches: [],
      work: '/work' as Bytes,
      options: noOverlayOptions,
      mounted: undefined,
    },
    entries,
    directories: ['a', 'a/a', 'a/b', 'a/b/c', 'b', 'c', 'c/a', 'z', 'z/z'].map((path) => ({
      path: path as Bytes,
      model: { branch: 1, path: path as Bytes },
    })),
    findings: [],
    unreadable: [],
    blocked: undefined,
    leftovers: { running: false, temporaries: [], times: [], marks: [] },
    nfsExport,
    walked: { directories: 0, names: 0 },
  }));

const goal = fc.constantFrom('restore' as const, 'flush' as const);

describe('a plan', () => {
  test('decides once for every entry, and the same each time', () => {
    fc.assert(
      fc.property(scanned, goal, (scan, goal) => {
        const made = plan(scan, goal);
        const decided = [...made.entries, ...made.kept].map(({ entry }) => entry.name);
        expect([...decided].sort()).toEqual(scan.entries.map(({ name }) => name).sort());
        expect(plan(scan, goal)).toEqual(made);
      }),
    );
  });

  test('touches only entries whose state allows it, and links only names that are missing', () => {
    fc.assert(
      fc.property(scanned, goal, (scan, goal) => {
        for (const { entry, link } of plan(scan, goal).entries) {
          expect(movable.has(entry.state)).toBe(true);
          expect(link).toEqual(entry.missing.map(({ path }) => path));
        }
      }),
    );
  });

  test('removes an entry only in a flush, with every name and every link accounted for', () => {
    fc.assert(
      fc.property(scanned, goal, (scan, goal) => {
        for (const { entry, link, remove, hydrate, linksAfter } of plan(scan, goal).entries) {
          if (!remove) {
            expect(hydrate).toBe(false);
            continue;
          }
          expect(goal).toBe('flush');
          expect(scan.nfsExport).toBe(false);
          expect(entry.overlay?.accounted).toBe(true);
          expect(entry.names.length + link.length).toBeGreaterThan(0);
          expect(linksAfter).toBe(entry.inode.nlink + link.length);
          expect(['verity', 'layered']).not.toContain(entry.overlay?.metacopy);
          expect(hydrate).toBe(entry.overlay?.metacopy === 'plain');
          if (hydrate) expect(entry.overlay?.originExists).toBe(true);
        }
      }),
    );
  });

  test('promises the count that the names will have, before and after the links', () => {
    fc.assert(
      fc.property(scanned, goal, (scan, goal) => {
        for (const { entry, link, nlinkBefore, nlinkAfter } of plan(scan, goal).entries) {
          if (entry.overlay?.accounted !== true) continue;
          const names = entry.names.length + link.length;
          for (const text of [nlinkBefore, nlinkAfter]) {
            if (text === undefined) continue;
            const told = parseOverlayNlink(text);
            const links = entry.inode.nlink + link.length;
            expect(told && unionNlink(told, links, entry.overlay.lowerNlink)).toBe(names);
          }
        }
      }),
    );
  });

  test('makes just the directories that a link needs, parents first', () => {
    fc.assert(
      fc.property(scanned, goal, (scan, goal) => {
        const { directories, entries } = plan(scan, goal);
        const needed = new Set<Bytes>();
        for (const { link } of entries) {
          for (const path of link) for (let at = parentOf(path); at !== ''; at = parentOf(at)) needed.add(at);
        }
        const known = scan.directories.map(({ path }) => path);
        expect(directories.map(({ path }) => path)).toEqual(known.filter((path) => needed.has(path)));
      }),
    );
  });

  test('says why for everything it leaves', () => {
    fc.assert(
      fc.property(scanned, goal, (scan, goal) => {
        const { entries, kept } = plan(scan, goal);
        for (const { reason } of kept) expect(reason).not.toBe('');
        if (goal === 'flush')
          for (const each of entries) expect(each.remove).toBe(each.obstacle === undefined);
      }),
    );
  });
});
