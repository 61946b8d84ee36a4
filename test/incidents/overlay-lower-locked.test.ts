import { closeSync, linkSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { type EncryptedImage, makeEncryptedImage, NO_KEY_NAME } from '../support/encrypted-image.js';
import { json, whileMountedAsync } from '../support/mounted-restore.js';
import { describeKernel } from '../support/needs.js';
import { append } from '../support/overlay-incident.js';
import { overlayOptions } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { indexNames, layersOf, viewOf } from '../support/overlay-verifier.js';
import { runMain } from '../support/run-main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const INDEX = ['index=on'];
const kept = { exitCode: 4, summary: { linksRestored: 0, entriesRemoved: 0 } };

// Without its key the kernel lists an encrypted directory under other names, and finds none of its own: a group looks as
// if it wanted those. What was made of that parted it for ever.
describeKernel(
  'a lower with an encrypted directory',
  ['root', 'loop', 'kmsg', 'overlay', 'ext4', 'fscrypt'],
  () => {
    let image: EncryptedImage;
    let directory: TempDir;
    afterEach(() => {
      image.dispose();
      directory.dispose();
    });

    function begin(version: 1 | 2 = 2): string {
      image = makeEncryptedImage(version);
      directory = tempDir('locked');
      return join(image.mountpoint, 'lower');
    }

    /** Writes the lower's files, appends to one through the union. */
    function union(
      files: readonly (readonly string[])[],
      written: string,
      lowers?: readonly string[],
    ): OverlayPlace {
      const lower = join(image.mountpoint, 'lower');
      mkdirSync(lower, { recursive: true });
      for (const [first = '', ...others] of files) {
        for (const path of [first, ...others]) mkdirSync(join(lower, path, '..'), { recursive: true });
        writeFileSync(join(lower, first), `old ${first}\n`);
        for (const other of others) linkSync(join(lower, first), join(lower, other));
      }
      const place = overlayPlace(directory.path, lowers ?? [lower]);
      whileMounted(place, INDEX, (view) => append(view, written));
      return place;
    }

    /** Writes the names down, and says what is written down then. */
    async function recordedNames(place: OverlayPlace): Promise<string[]> {
      const { entries } = await json('record', '--state-dir', join(directory.path, 'state'), ...words(place));
      return entries.flatMap((entry: { names: string[] }) => entry.names);
    }

    /** An overlay answers ESTALE while the kernel remembers anything of how the lower was when it was locked. */
    function unlockAnew(): void {
      image.remount();
      image.unlock();
    }

    const words = (place: OverlayPlace) => ['-o', overlayOptions(place)];

    /** Every command leaves everything as it is while the directory is locked; later a flush does its work. */
    async function expectKept(place: OverlayPlace, path: string, restored: number): Promise<void> {
      const view = viewOf(place, INDEX).tree;
      const recorded = await recordedNames(place);
      image.lock();
      const entries = indexNames(place);
      const before = layersOf(place);
      for (const verb of ['restore', 'flush', 'repair', 'prune']) {
        const { summary, exitCode, unreadable } = await json(verb, ...words(place));
        expect([verb, unreadable]).toEqual([verb, [{ path, branch: 1, code: 'ENOKEY' }]]);
        // A prune has nothing to do with a group that has names.
        if (verb !== 'prune') expect([verb, exitCode]).toEqual([verb, 4]);
        if (verb === 'restore' || verb === 'flush') expect({ exitCode, summary }).toMatchObject(kept);
        expectSameTree(before.own, layersOf(place).own);
        expectSameTree(before.lowers, layersOf(place).lowers);
      }
      expect(await recordedNames(place)).toEqual(recorded);
      const { out } = await runMain('flush', ...words(place));
      expect(out).toContain(`${path} [ENOKEY] encrypted and locked: unlock it, then run again`);
      expect(indexNames(place)).toEqual(entries);
      unlockAnew();
      expectSameView(view, viewOf(place, INDEX).tree);
      const flushed = await json('flush', ...words(place));
      expect(flushed).toMatchObject({ exitCode: 0, unreadable: [], summary: { linksRestored: restored } });
      expect(indexNames(place)).toEqual([]);
      expectSameView(view, viewOf(place, INDEX).tree);
    }

    test('lower-locked: no name is guessed in a merged directory', async () => {
      const lower = begin();
      image.encrypted(join(lower, 'home'));
      const place = union([['home/A', 'home/B']], 'home/A');
      image.lock();
      expect(readdirSync(join(lower, 'home')).every((name) => NO_KEY_NAME.test(name))).toBe(true);
      image.unlock();
      await expectKept(place, 'home', 1);
    });

    test('lower-locked: nor below a directory that the lower alone has', async () => {
      const lower = begin();
      image.encrypted(join(lower, 'd/home'));
      const place = union([['d/home/sub/A', 'd/home/sub/B']], 'd/home/sub/A');
      await expectKept(place, 'd/home', 1);
    });

    test('lower-locked: nor in one that only a walk comes to', async () => {
      const lower = begin();
      image.encrypted(join(lower, 'd/home'));
      image.encrypted(join(lower, 'up'));
      // Linked from one encrypted directory into another: the upper has the one alone.
      const place = union(
        [
          ['up/A', 'd/home/B', 'd/home/C'],
          ['d/e/f', 'd/e/g'],
        ],
        'up/A',
      );
      image.lock();
      const before = layersOf(place);
      const flushed = await json('flush', ...words(place));
      expect(flushed).toMatchObject(kept);
      expect(flushed.unreadable.map(({ path }: { path: string }) => path).sort()).toEqual(['d/home', 'up']);
      expectSameTree(before.own, layersOf(place).own);
      image.unlock();
      expect(await json('flush', ...words(place))).toMatchObject({
        exitCode: 0,
        summary: { linksRestored: 2 },
      });
    });

    test('lower-locked: a name of a lower below, of which it cannot be told whether it shows', async () => {
      const lower = begin();
      const middle = join(image.mountpoint, 'middle');
      image.encrypted(join(middle, 'home'));
      writeFileSync(join(middle, 'home/B'), 'another file\n');
      const place = union([['A', 'home/B', 'home/C']], 'A', [middle, lower]);
      await expectKept(place, 'home', 1);
    });

    test.each([
      ['unmounted', 'flush'],
      ['mounted', 'restore'],
    ])('lower-locked: an entry whose names are all elsewhere is mended, %s', async (how, verb) => {
      const lower = begin();
      image.encrypted(join(lower, 'home'));
      const place = union([['A', 'd/B'], ['home/x']], 'A');
      image.lock();
      const run = () => json(verb, ...(how === 'mounted' ? [place.merged] : words(place)));
      const done = how === 'mounted' ? await whileMountedAsync(place, INDEX, run) : await run();
      expect(done).toMatchObject({ exitCode: 4, summary: { linksRestored: 1 } });
      expect(readdirSync(join(place.upper, 'd'))).toEqual(['B']);
    });

    test.each(['before the mount', 'under the mount'])(
      'lower-locked: a mounted union makes no names, locked %s',
      async (when) => {
        const lower = begin();
        image.encrypted(join(lower, 'home'));
        const place = union([['home/A', 'home/B']], 'home/A');
        const view = viewOf(place, INDEX).tree;
        if (when === 'before the mount') image.lock();
        const before = layersOf(place);
        await whileMountedAsync(place, INDEX, async () => {
          if (when === 'under the mount') image.lock();
          for (const verb of ['restore', 'flush']) expect(await json(verb, place.merged)).toMatchObject(kept);
        });
        expect(indexNames(place)).toHaveLength(1);
        expectSameTree(before.own, layersOf(place).own, { unless: (_, { path }) => !path.startsWith('0/') });
        unlockAnew();
        expectSameView(view, viewOf(place, INDEX).tree);
        await whileMountedAsync(place, INDEX, async () => {
          expect(await json('restore', place.merged)).toMatchObject({
            exitCode: 0,
            summary: { linksRestored: 1 },
          });
        });
        expectSameView(view, viewOf(place, INDEX).tree);
      },
    );

    test('lower-locked: a directory that somebody still uses counts as locked', async () => {
      const lower = begin();
      image.encrypted(join(lower, 'home'));
      const place = union([['home/A', 'home/B']], 'home/A');
      const fd = openSync(join(lower, 'home/B'), 'r');
      try {
        image.lock();
        const before = layersOf(place);
        expect(await json('flush', ...words(place))).toMatchObject(kept);
        expectSameTree(before.own, layersOf(place).own);
      } finally {
        closeSync(fd);
      }
    });

    test.each([1, 2] as const)(
      'an unlocked directory is like any other, policy version %s',
      async (version) => {
        const lower = begin(version);
        image.encrypted(join(lower, 'home'));
        const place = union([['home/A', 'home/B', 'home/sub/C']], 'home/A');
        const view = viewOf(place, INDEX).tree;
        expect(await json('flush', ...words(place))).toMatchObject({
          exitCode: 0,
          summary: { linksRestored: 2 },
        });
        expectSameView(view, viewOf(place, INDEX).tree);
      },
    );

    test.each([['--device'], ['--no-device']])(
      'an unlocked directory far from known names is found by a walk, which the device %s passes over',
      async (...device) => {
        const lower = begin();
        image.encrypted(join(lower, 'home'));
        image.encrypted(join(lower, 'far/away'));
        for (let i = 0; i < 100; i += 1) mkdirSync(join(lower, `d${i}`), { recursive: true });
        const place = union([['home/A', 'far/away/B']], 'home/A');
        const words_ = device.filter((word) => word === '--no-device');
        expect(await json('list', ...words_, ...words(place))).toMatchObject({
          entries: [{ state: 'restorable', missing: ['far/away/B'] }],
        });
        image.lock();
        expect(await json('list', ...words_, ...words(place))).toMatchObject({
          entries: [{ state: 'ambiguous', missing: [] }],
        });
      },
    );

    test('lower-locked: what a cache of lowers keeps while it is locked harms nobody', async () => {
      const lower = begin();
      image.encrypted(join(lower, 'home'));
      image.encrypted(join(lower, 'far/away'));
      const place = union([['home/A', 'far/away/B']], 'home/A');
      image.remount('ro');
      const look = () =>
        json('list', '--lower-cache', '--state-dir', join(directory.path, 'state'), ...words(place));
      expect(await look()).toMatchObject({ entries: [{ state: 'ambiguous', missing: [] }] });
      image.unlock();
      for (let i = 0; i < 2; i += 1) {
        expect(await look()).toMatchObject({ entries: [{ state: 'restorable', missing: ['far/away/B'] }] });
      }
      image.lock();
      expect(await look()).toMatchObject({ entries: [{ state: 'ambiguous', missing: [] }] });
    });

    test('lower-locked: a map names nothing there', async () => {
      const lower = begin();
      image.encrypted(join(lower, 'home'));
      const place = union([['home/A', 'home/B']], 'home/A');
      image.lock();
      const [entry = ''] = indexNames(place);
      const before = layersOf(place);
      const map = join(directory.path, 'map');
      writeFileSync(map, `${entry} home/B\n`);
      const done = await runMain('repair', '--yes', '--map', map, ...words(place));
      expect([done.code, done.out + done.err]).toEqual([
        4,
        expect.stringContaining('encrypted and locked: unlock it'),
      ]);
      expectSameTree(before.own, layersOf(place).own);
    });

    test('lower-locked: nothing is done where a branch itself is locked', async () => {
      const lower = begin();
      image.encrypted(lower);
      const place = union([['A', 'd/B']], 'A');
      image.lock();
      const before = layersOf(place);
      const done = await runMain('flush', ...words(place));
      expect([done.code, done.err]).toEqual([
        8,
        expect.stringContaining('unlock it, then run the same command again'),
      ]);
      expect(done.err).toContain('encrypted, and its key is not there');
      expectSameTree(before.own, layersOf(place).own);
    });
  },
);
