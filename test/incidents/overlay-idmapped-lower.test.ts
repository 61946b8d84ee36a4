import { chownSync, linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { idmappedMount } from '../support/idmapped-mount.js';
import { json } from '../support/mounted-restore.js';
import { append, describeIncidents } from '../support/overlay-incident.js';
import { overlayOptions } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { indexNames, layersOf, viewOf } from '../support/overlay-verifier.js';
import { runMain } from '../support/run-main.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';
import { unmount } from '../support/unmount.js';

const INDEX = ['index=on'];
const NOBODY = 65534;

describeIncidents(
  'a lower on an idmapped mount',
  ['ext4'],
  (directory) => {
    /** A lower directory of an owner, seen through a mount that shows it by 5000 more up to 70000. */
    async function withLower(
      owner: readonly [number, number],
      mapped: boolean,
      body: (place: OverlayPlace) => Promise<void>,
    ): Promise<void> {
      const root = directory();
      const [plain, shown] = [join(root, 'lower'), join(root, 'idmapped')];
      mkdirSync(join(plain, 'd'), { recursive: true });
      writeFileSync(join(plain, 'A'), 'old\n');
      linkSync(join(plain, 'A'), join(plain, 'd/C'));
      chownSync(join(plain, 'd'), ...owner);
      if (mapped) idmappedMount(plain, shown, '0 5000 70000');
      try {
        const place = overlayPlace(root, [mapped ? shown : plain]);
        whileMounted(place, INDEX, (view) => append(view, 'A'));
        await body(place);
      } finally {
        if (mapped) unmount(shown);
      }
    }

    /** Below a directory of such an owner a snapshot of what the mount shows is not allowed to leave access times. */
    const shownBy = (place: OverlayPlace) =>
      whileMounted(place, INDEX, ({ root }) =>
        ['A', 'd/C'].map((path) => [readFileSync(join(root, path), 'utf8'), statSync(join(root, path)).ino]),
      );
    const layers = (place: OverlayPlace) => layersOf({ ...place, lowers: [join(place.upper, '../lower')] });

    const words = (place: OverlayPlace) => ['-o', overlayOptions(place)];

    // The kernel's own copy-up says EOVERFLOW; nobody's number in its place would be another owner.
    test.each([
      ['owner', [90000, 0]],
      ['group', [0, 90000]],
    ] as const)('idmapped-lower: a directory is not made whose %s is not mapped', async (_, owner) => {
      await withLower(owner, true, async (place) => {
        const view = shownBy(place);
        const entries = indexNames(place);
        const before = layers(place);
        for (const verb of ['restore', 'flush']) {
          const done = await json(verb, ...words(place));
          expect(done).toMatchObject({ exitCode: 4, summary: { linksRestored: 0, entriesRemoved: 0 } });
          expectSameTree(before.own, layers(place).own, { ignore: ['mtime', 'ctime'] });
          expectSameTree(before.lowers, layers(place).lowers);
        }
        const { out } = await runMain('flush', ...words(place));
        expect(out).toContain('is not mapped by the mount it is on: the kernel refuses as well (EOVERFLOW)');
        expect(indexNames(place)).toEqual(entries);
        expect(shownBy(place)).toEqual(view);
      });
    });

    test.each([
      ['that is mapped', [1000, 1001], true, [6000, 6001]],
      ['that is nobody, on a plain mount', [NOBODY, NOBODY], false, [NOBODY, NOBODY]],
    ] as const)('an owner %s is that of the directory that is made', async (_, owner, mapped, made) => {
      await withLower(owner, mapped, async (place) => {
        const view = viewOf(place, INDEX).tree;
        expect(await json('flush', ...words(place))).toMatchObject({
          exitCode: 0,
          summary: { linksRestored: 1, entriesRemoved: 1 },
        });
        const { uid, gid } = statSync(join(place.upper, 'd'));
        expect([uid, gid]).toEqual(made);
        expectSameView(view, viewOf(place, INDEX).tree);
      });
    });
  },
  ['userns'],
);
