import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { btrfsHints } from '../../src/scan/hints/btrfs-hints.js';
import { xfsHints } from '../../src/scan/hints/xfs-hints.js';
import { openOverlayLayers } from '../../src/scan/overlay/overlay-layers.js';
import type { ScanResult } from '../../src/scan/result.js';
import { scan } from '../../src/scan/scan.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { handleOf } from '../../src/sys/handle.js';
import { interpose } from '../../src/sys/seam.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';

const DIRECTORIES = 400;
const directory = (i: number): string => `d${i % 20}/e${i}`;

/** A tree with many directories; `f` has names far apart, `many` more than fit into one answer. */
function fill(lower: string): void {
  for (let i = 0; i < DIRECTORIES; i += 1) mkdirSync(join(lower, directory(i)), { recursive: true });
  writeFileSync(join(lower, 'f'), 'old\n');
  for (const i of [7, 55, 399]) linkSync(join(lower, 'f'), join(lower, directory(i), `f${i}`));
  writeFileSync(join(lower, 'many'), 'old\n');
  for (let i = 0; i < 300; i += 1)
    linkSync(join(lower, 'many'), join(lower, directory(i % 30), `a-rather-long-name-${i}`));
}

async function both(place: OverlayPlace): Promise<{ hinted: ScanResult; walked: ScanResult }> {
  const union = overlayUnion(place);
  const [hinted, walked] = [await scan(union), await scan(union, { hints: [] })];
  expect({ ...hinted, walked: undefined }).toEqual({ ...walked, walked: undefined });
  return { hinted, walked };
}

const entered = ({ walked }: ScanResult): number => walked.directories;

afterEach(() => interpose(undefined));

describeIncidents(
  'a file system that knows where names are',
  ['btrfs', 'xfs-parents', 'xfs', 'ext4'],
  (home) => {
    const lower = (path: string) => ({ lower: () => fill(path) });

    test.each(['btrfs', 'xfs-parents'] as const)('%s: nothing else is walked', async (type) => {
      const root = home(type);
      const place = overlayWith(root, {
        ...lower(join(root, 'lower')),
        session: (view) => append(view, 'f'),
      });
      const { hinted, walked } = await both(place);
      expect(hinted.entries.map(({ missing }) => missing.length)).toEqual([3]);
      // The root, three directories, and theirs.
      expect(entered(hinted)).toBe(7);
      expect(entered(walked)).toBeGreaterThan(DIRECTORIES / 2);
    });

    test.each(['btrfs', 'xfs-parents'] as const)('%s: more names than one answer holds', async (type) => {
      const root = home(type);
      const place = overlayWith(root, {
        ...lower(join(root, 'lower')),
        session: (view) => append(view, 'many'),
      });
      const { hinted } = await both(place);
      expect(hinted.entries.map(({ missing }) => missing.length)).toEqual([300]);
      expect(entered(hinted)).toBeLessThan(60);
    });

    test.each(['btrfs', 'xfs-parents'] as const)('%s: names that the upper hides', async (type) => {
      const root = home(type);
      const place = overlayWith(root, {
        ...lower(join(root, 'lower')),
        session(view) {
          append(view, 'f');
          rmSync(view.at('d7' as Bytes), { recursive: true });
          rmSync(view.at('d15/e55' as Bytes), { recursive: true });
          mkdirSync(view.at('d15/e55' as Bytes));
        },
      });
      const { hinted } = await both(place);
      // A removal from the other group copied that up too.
      const [entry] = hinted.entries.filter(({ names }) => names.includes('f' as Bytes));
      expect(entry?.missing.map(({ path }) => path)).toEqual(['d19/e399/f399']);
      expect(entered(hinted)).toBeLessThan(60);
    });

    test.each(['btrfs', 'xfs-parents'] as const)('%s: an orphan whose names are all hidden', async (type) => {
      const root = home(type);
      const place = overlayWith(root, {
        ...lower(join(root, 'lower')),
        session: (view) => append(view, 'f'),
      });
      whileMounted(place, ['index=off'], (view) => {
        for (const i of [7, 55, 399]) rmSync(view.at(directory(i) as Bytes), { recursive: true });
        rmSync(view.at('f' as Bytes));
      });
      const { hinted } = await both(place);
      expect(hinted.entries.map(({ state }) => state)).toEqual(['orphan']);
      expect(entered(hinted)).toBeLessThan(10);
    });

    test('a redirect: the whole tree is walked', async () => {
      const root = home('btrfs');
      const place = overlayWith(root, {
        ...lower(join(root, 'lower')),
        options: ['index=on', 'redirect_dir=on'],
        session(view) {
          append(view, 'f');
          renameSync(view.at('d15' as Bytes), view.at('moved' as Bytes));
        },
      });
      const { hinted } = await both(place);
      expect(hinted.entries[0]?.missing.map(({ path }) => path)).toContain('moved/e55/f55');
      expect(entered(hinted)).toBeGreaterThan(DIRECTORIES / 2);
    });

    test('a redirect between lowers: what the upper one hides, it shows elsewhere', async () => {
      const root = home('btrfs');
      const options = ['index=on', 'redirect_dir=on'];
      const former = overlayWith(join(root, 'former'), {
        ...lower(join(root, 'former/lower')),
        options,
        session: (view) => renameSync(view.at('d15' as Bytes), view.at('moved' as Bytes)),
      });
      const place = overlayPlace(root, [former.upper, ...former.lowers]);
      whileMounted(place, options, (view) => append(view, 'f'));
      const { hinted } = await both(place);
      expect(hinted.entries[0]?.missing.map(({ path }) => path)).toContain('moved/e55/f55');
    });

    test('a name outside of the lower: the whole tree is walked', async () => {
      const root = home('btrfs');
      const place = overlayWith(root, {
        ...lower(join(root, 'lower')),
        session: (view) => append(view, 'f'),
      });
      linkSync(join(root, 'lower/f'), join(root, 'outside'));
      const { hinted } = await both(place);
      expect(entered(hinted)).toBeGreaterThan(DIRECTORIES / 2);
    });

    test('btrfs: a lower that is a subvolume, and one with another inside', async () => {
      const root = home('btrfs');
      const volume = join(root, 'lower');
      execFileSync('btrfs', ['-q', 'subvolume', 'create', volume]);
      fill(volume);
      const inner = join(volume, 'd3/inner');
      execFileSync('btrfs', ['-q', 'subvolume', 'create', inner]);
      mkdirSync(join(inner, 'deep'));
      writeFileSync(join(inner, 'g'), 'old\n');
      linkSync(join(inner, 'g'), join(inner, 'deep/g2'));
      const place = overlayPlace(root);
      whileMounted(place, ['index=on'], (view) => append(view, 'f'));
      expect(entered((await both(place)).hinted)).toBe(7);
      whileMounted(place, ['index=on'], (view) => append(view, 'd3/inner/g'));
      const { hinted } = await both(place);
      expect(hinted.entries.map(({ missing }) => missing.length).sort()).toEqual([1, 3]);
    });

    test.each([
      ['btrfs', 1],
      ['xfs-parents', 1],
      ['btrfs', 25],
      ['xfs-parents', 95],
    ] as const)('%s that refuses with errno %s: the whole tree is walked', async (type, errno) => {
      const root = home(type);
      const place = overlayWith(root, {
        ...lower(join(root, 'lower')),
        session: (view) => append(view, 'f'),
      });
      const { walked } = await both(place);
      let walking = false;
      // Before the walk the same call asks for the UUID.
      interpose(({ name }, proceed) => {
        walking ||= name === 'getdents64';
        return walking && name === 'ioctl' ? -errno : proceed();
      });
      const refused = await scan(overlayUnion(place));
      expect(entered(refused)).toBe(entered(walked));
      expect(refused.entries).toEqual(walked.entries);
    });

    test.each([
      ['btrfs', btrfsHints],
      ['xfs-parents', xfsHints],
      ['xfs', xfsHints],
      ['ext4', btrfsHints],
    ] as const)('%s tells nobody who may not ask, or nothing', async (type, hints) => {
      const root = home(type);
      const place = overlayWith(root, {
        ...lower(join(root, 'lower')),
        session: (view) => append(view, 'f'),
      });
      const overlay = openOverlayLayers(overlayUnion(place));
      try {
        const layer = overlay.lowers[0] as (typeof overlay.lowers)[0];
        const file = handleOf(layer.root, 'f' as Bytes);
        const ask = () => hints.directoriesOf?.(layer, file === undefined ? [] : [file], undefined);
        const asRoot = await ask();
        const told = type === 'btrfs' || type === 'xfs-parents';
        expect(asRoot && [...asRoot].sort()).toEqual(told ? ['', 'd15/e55', 'd19/e399', 'd7/e7'] : undefined);
        process.seteuid?.(65534);
        try {
          expect(await ask()).toBeUndefined();
        } finally {
          process.seteuid?.(0);
        }
      } finally {
        overlay.close();
      }
    });
  },
);
