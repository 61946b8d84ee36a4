import { linkSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ascii, type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { openDirectory, withFd } from '../../src/sys/open.js';
import { getXattrText } from '../../src/sys/xattr.js';
import { packLoopImage } from '../support/loop-image.js';
import { append, commonLower, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { indexNames, layersOf, viewOf, wrongLinkCounts } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import { type Goal, runGoal, statesOf } from '../support/restore-union.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const goals: readonly Goal[] = ['restore', 'flush'];
const INDEX = ['index=on'];
const ZERO_UUID = '00'.repeat(16);

const fileSystems = ['ext4', 'xfs', 'btrfs'] as const;

describeIncidents('mount options that change what is on the disk', fileSystems, (directory) => {
  test.each(fileSystems)('uuid-off-handles-carry-zeros: on %s too', async (type) => {
    const options = ['index=on', 'uuid=off'];
    const place = overlayWith(directory(type), { options });
    expect(indexNames(place)[0]?.slice(10, 42)).toBe(ZERO_UUID);
    const before = viewOf(place, options);
    const { found } = await runGoal(overlayUnion(place, options), 'restore');
    expect(statesOf(found)).toEqual([['restorable', 'B', 'd/C']]);
    const after = viewOf(place, options);
    expect(after.log).toEqual([]);
    expectSameView(before.tree, after.tree);
    expect(wrongLinkCounts(after.tree, found.entries, place)).toEqual([]);
  });

  test('uuid-off-not-told: the handle on the upper root is witness enough', async () => {
    const options = ['index=on', 'uuid=off'];
    const place = overlayWith(directory(), { options });
    const before = viewOf(place, options);
    const { found } = await runGoal(overlayUnion(place, ['index=on']), 'flush');
    expect(statesOf(found)).toEqual([['restorable', 'B', 'd/C']]);
    expectSameView(before.tree, viewOf(place, options).tree);
  });

  test.each([
    ['userxattr', 'with -o userxattr', 'user.overlay.*'],
    ['', 'without -o userxattr', 'trusted.overlay.*'],
  ])('marks-of-the-other-kind: made with "%s", it is to be named %s', async (made, how, marks) => {
    const words = (option: string): string[] => ['index=on', ...(option === '' ? [] : [option])];
    const place = overlayWith(directory(), { options: words(made) });
    const other = overlayUnion(place, words(made === '' ? 'userxattr' : ''));
    const hint = expect.stringMatching(new RegExp(`${marks.replaceAll('*', '\\*')}: .* ${how}`));
    await expect(runGoal(other, 'flush')).rejects.toMatchObject({ code: 'no-origin', hint });
  });

  test.each(goals)(
    'redirect-not-followed: %s keeps an entry that a redirected directory may name',
    async (goal) => {
      const place = overlayWith(directory(), {
        options: ['index=on', 'redirect_dir=on'],
        session(view) {
          renameSync(view.at(ascii('d')), view.at('e' as Bytes));
          append(view, 'A');
        },
      });
      const lowers = layersOf(place).lowers;
      const options = ['index=on', 'redirect_dir=nofollow'];
      const { found, outcome } = await runGoal(overlayUnion(place, options), goal);
      expect(found.unreadable.map(({ path }) => path)).toContain('e');
      expect(outcome.entriesRemoved).toBe(0);
      expectSameTree(lowers, layersOf(place).lowers);
      const following = ['index=on', 'redirect_dir=on'];
      const before = viewOf(place, following);
      await runGoal(overlayUnion(place, following), goal);
      expectSameView(before.tree, viewOf(place, ['index=off', 'redirect_dir=on']).tree);
    },
  );

  // Below the last layer of its parent the kernel looks for no redirect then: `alone/s` and `made/s` show.
  test.each(goals)('redirect-not-looked-for: %s puts a name back below it', async (goal) => {
    const root = directory();
    const lowers = ['upperlower', 'lower'].map((name) => join(root, name));
    const place = overlayPlace(root, lowers);
    for (const name of ['upperlower/alone/s', 'lower/target', 'upper/made/s'])
      mkdirSync(join(root, name), { recursive: true });
    const top = new Place(lowers[0] as string);
    commonLower(top);
    linkSync(top.at(ascii('A')), top.at(ascii('alone/s/name')));
    for (const [layer, path] of [
      [top, 'alone/s'],
      [new Place(place.upper), 'made/s'],
    ] as const)
      layer.setXattr(ascii(path), 'trusted.overlay.redirect', Buffer.from('/target'));
    const options = ['index=on', 'redirect_dir=nofollow'];
    whileMounted(place, options, (view) => append(view, 'A'));
    const before = viewOf(place, options).tree;
    expect(before.map(({ path }) => path)).toEqual(expect.arrayContaining(['alone/s/name', 'made/s']));
    const { found, outcome } = await runGoal(overlayUnion(place, options), goal);
    expect(found.unreadable).toEqual([]);
    expect(outcome.entriesRemoved).toBe(goal === 'flush' ? 1 : 0);
    expectSameView(before, viewOf(place, options).tree);
  });
});

describeIncidents(
  'lowers of which one has no UUID',
  ['ext4'],
  (directory) => {
    test.each(goals)('top-lower-without-uuid: %s knows the files of the lower below it', async (goal) => {
      const root = directory();
      const packed = join(root, 'packed');
      mkdirSync(packed);
      writeFileSync(join(packed, 'other'), 'other\n');
      const image = packLoopImage('squashfs', packed);
      try {
        const place = overlayPlace(root, [image.mountpoint, join(root, 'lower')]);
        commonLower(new Place(join(root, 'lower')));
        whileMounted(place, INDEX, (view) => append(view, 'A'));
        const [entry = ''] = indexNames(place);
        expect(entry.slice(10, 42)).not.toBe(ZERO_UUID);
        const { tree } = viewOf(place, INDEX);

        const { found, outcome } = await runGoal(overlayUnion(place, INDEX), goal);

        expect(statesOf(found)).toEqual([['restorable', 'B', 'd/C']]);
        expect(outcome.directoriesMade).toBe(1);
        const origin = withFd(openDirectory(bytesFromText(join(place.upper, 'd'))), (fd) =>
          getXattrText(fd, ascii(''), 'trusted.overlay.origin', 'hex'),
        );
        expect(origin?.slice(10, 42)).toBe(entry.slice(10, 42));
        expectSameView(tree, viewOf(place, INDEX).tree);
      } finally {
        image.dispose();
      }
    });
  },
  ['squashfs'],
);
