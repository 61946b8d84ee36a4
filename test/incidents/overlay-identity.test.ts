import { linkSync, mkdirSync, renameSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { refuseCovered } from '../../src/scan/refuse-covered.js';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { openDirectory, withFd } from '../../src/sys/open.js';
import { interpose } from '../../src/sys/seam.js';
import { command } from '../support/command.js';
import { makeLoopImage, openLoopImage, packLoopImage } from '../support/loop-image.js';
import { append, commonLower, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { viewOf, wrongLinkCounts } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import { runGoal, statesOf } from '../support/restore-union.js';
import { byPath, snapshot } from '../support/tree.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';
import { unmount } from '../support/unmount.js';

const INDEX = ['index=on'];
const captured = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/overlay/${name}.img.gz`, import.meta.url));

/** Looks at the name A where no directory tells a number. */
const lookAtA = (directory: string) => (): void => {
  const root = openDirectory(directory as Bytes);
  const path = directory as Bytes;
  const layer = { branch: 1, role: 'lower', whiteouts: true, root, path, showsMounts: true } as const;
  withFd(root, (fd) => refuseCovered({ layer, fd, real: ascii('') }, ascii('A'), undefined));
};

describeIncidents('which names belong to an entry', ['ext4', 'xfs'], (directory) => {
  test('inode-number-reused-by-another-generation: the new file under the old number is left alone', async () => {
    const image = openLoopImage(captured('k4-lower-replaced'));
    try {
      const place = overlayPlace(image.mountpoint);
      const before = viewOf(place, INDEX);
      const { outcome } = await runGoal(overlayUnion(place, INDEX), 'restore');
      expect(outcome.linksRestored).toBe(0);
      expectSameView(before.tree, viewOf(place, INDEX).tree);
      expect(byPath(snapshot(place.upper)).has('B' as Bytes)).toBe(false);
    } finally {
      image.dispose();
    }
  });

  test('group-shrunk-to-one-lower-name: a lower file with a single link is still a name of the group', async () => {
    const place = overlayWith(directory(), {
      session(view) {
        append(view, 'A');
        unlinkSync(view.at(ascii('B')));
      },
    });
    const [lower = ''] = place.lowers;
    rmSync(join(lower, 'A'));
    rmSync(join(lower, 'B'));
    const before = viewOf(place, INDEX);

    const { found } = await runGoal(overlayUnion(place, INDEX), 'flush');

    expect(statesOf(found)).toContainEqual(['restorable', 'd/C']);
    const after = viewOf(place, INDEX);
    expect(after.log).toEqual([]);
    expectSameView(before.tree, after.tree);
    expect(wrongLinkCounts(after.tree, found.entries, place)).toEqual([]);
  });

  test('name-outside-the-lower-directory: a link that no layer shows is neither restored nor counted', async () => {
    const root = directory();
    const place = overlayWith(root, {
      lower(lower) {
        commonLower(lower);
        linkSync(lower.at(ascii('A')), join(root, 'outside'));
      },
    });
    const { found } = await runGoal(overlayUnion(place, INDEX), 'restore');
    expect(statesOf(found)).toEqual([['restorable', 'B', 'd/C']]);
    expect(byPath(viewOf(place, INDEX).tree).get('B' as Bytes)?.nlink).toBe('3');
  });

  test('file-mounted-over-a-lower-name: the union shows what lies below, and so that is linked', async () => {
    const root = directory();
    const place = overlayWith(root);
    const before = viewOf(place, INDEX);
    writeFileSync(join(root, 'other'), 'of another file\n');
    const names = ['A', 'B', 'd/C'].map((name) => join(place.lowers[0] as string, name));
    for (const name of names) command('mount', '--bind', join(root, 'other'), name);
    try {
      const { found } = await runGoal(overlayUnion(place, INDEX), 'flush');
      expect(statesOf(found)).toEqual([['restorable', 'B', 'd/C']]);
    } finally {
      for (const name of names) unmount(name);
    }
    expectSameView(before.tree, viewOf(place, INDEX).tree);
  });

  test('file-mounted-over-a-lower-name-unprivileged: nothing goes, for that name cannot be seen', async () => {
    const root = directory();
    const place = overlayWith(root);
    const before = viewOf(place, INDEX);
    writeFileSync(join(root, 'other'), 'of another file\n');
    const lower = place.lowers[0] as string;
    const names = ['A', 'B', 'd/C'].map((name) => join(lower, name));
    for (const name of names) command('mount', '--bind', join(root, 'other'), name);
    // CAP_SYS_ADMIN is missing, or the branches are another mount namespace's.
    interpose((call, proceed) => (call.name === 'open_tree' ? -1 : proceed()));
    try {
      const { found, outcome } = await runGoal(overlayUnion(place, INDEX), 'flush');
      expect(found.unreadable.map(({ path, code }) => [path, code])).toEqual(
        expect.arrayContaining(['A', 'B', 'd/C'].map((name) => [name, 'EXDEV'])),
      );
      expect(outcome.entriesRemoved).toBe(0);
      expect(lookAtA(lower)).toThrow('on another mount');
    } finally {
      interpose(undefined);
      for (const name of names) unmount(name);
    }
    expect(lookAtA(lower)).not.toThrow();
    expectSameView(before.tree, viewOf(place, INDEX).tree);
  });

  test('another-groups-file-mounted-over-lower-names: they do not join that group', async () => {
    const image = makeLoopImage('ext4');
    const lower = new Place(image.mountpoint);
    try {
      commonLower(lower);
      writeFileSync(lower.at('X' as Bytes), 'of X\n');
      linkSync(lower.at('X' as Bytes), lower.at('Y' as Bytes));
      const place = overlayPlace(directory(), [lower.root]);
      whileMounted(place, INDEX, (view) => {
        append(view, 'A');
        append(view, 'X');
      });
      const before = viewOf(place, INDEX);
      const covered = ['X', 'Y'].map((name) => join(lower.root, name));
      for (const name of covered) command('mount', '--bind', join(lower.root, 'A'), name);
      // Of such a mount nobody gets a private copy.
      command('mount', '--make-unbindable', lower.root);
      const { found } = await runGoal(overlayUnion(place, INDEX), 'flush');
      expect(found.unreadable.map(({ path, code }) => [path, code])).toContainEqual(['Y', 'EXDEV']);
      expect(statesOf(found)).toContainEqual(['restorable', 'B', 'd/C']);
      for (const name of covered) unmount(name);
      command('mount', '--make-private', lower.root);
      expectSameView(before.tree, viewOf(place, INDEX).tree);
    } finally {
      image.dispose();
    }
  });

  test('name-covered-by-a-higher-lower: the covering file stays what it is', async () => {
    const root = directory();
    const [top, bottom] = [join(root, 'top'), join(root, 'bottom')];
    const place = overlayPlace(root, [top, bottom]);
    commonLower(new Place(bottom));
    writeFileSync(join(top, 'B'), 'another B\n');
    whileMounted(place, INDEX, (view) => append(view, 'A'));
    const before = viewOf(place, INDEX);

    const { found } = await runGoal(overlayUnion(place, INDEX), 'flush');

    expect(statesOf(found)).toEqual([['restorable', 'd/C']]);
    const after = viewOf(place, INDEX);
    expectSameView(before.tree, after.tree);
    expect(byPath(after.tree).get('A' as Bytes)?.nlink).toBe('2');
  });

  test('one-inode-named-in-two-lowers: both names join the group', async () => {
    const root = directory();
    const [top, bottom] = [join(root, 'top'), join(root, 'bottom')];
    const place = overlayPlace(root, [top, bottom]);
    commonLower(new Place(bottom));
    linkSync(join(bottom, 'A'), join(top, 'also'));
    whileMounted(place, INDEX, (view) => append(view, 'A'));
    const before = viewOf(place, INDEX);

    const { found } = await runGoal(overlayUnion(place, INDEX), 'restore');

    expect(statesOf(found)).toEqual([['restorable', 'B', 'also', 'd/C']]);
    const after = viewOf(place, INDEX);
    expectSameView(before.tree, after.tree);
    expect(wrongLinkCounts(after.tree, found.entries, place)).toEqual([]);
  });

  test('directory-moved: the name is restored where the union shows it now, not where the lower has it', async () => {
    const options = ['index=on', 'redirect_dir=on'];
    const moved = 'moved\nto \xff' as Bytes;
    const place = overlayWith(directory(), {
      options,
      lower(lower) {
        commonLower(lower);
        mkdirSync(lower.at(ascii('e')));
      },
      session(view) {
        renameSync(view.at(ascii('d')), view.at(`e/${moved}` as Bytes));
        append(view, 'A');
      },
    });
    const before = viewOf(place, options);
    const { found } = await runGoal(overlayUnion(place, options), 'flush');
    expect(statesOf(found)).toContainEqual(['restorable', 'B', `e/${moved}/C`]);
    expectSameView(before.tree, viewOf(place, options).tree);
  });

  test('directory-removed-and-made-anew: what its opaque mark hides stays hidden', async () => {
    const place = overlayWith(directory(), {
      session(view) {
        unlinkSync(view.at(ascii('d/C')));
        rmdirSync(view.at(ascii('d')));
        mkdirSync(view.at(ascii('d')));
        append(view, 'A');
      },
    });
    const before = viewOf(place, INDEX);
    const { found } = await runGoal(overlayUnion(place, INDEX), 'flush');
    expect(statesOf(found)).toContainEqual(['restorable', 'B']);
    expectSameView(before.tree, viewOf(place, INDEX).tree);
  });

  test('opaque-x-is-not-opaque: a directory that may hold xattr whiteouts hides nothing else', async () => {
    const root = directory();
    const [top, bottom] = [join(root, 'top'), join(root, 'bottom')];
    const place = overlayPlace(root, [top, bottom]);
    commonLower(new Place(bottom));
    const upper = new Place(top);
    mkdirSync(upper.at(ascii('d')));
    upper.setXattr(ascii('d'), 'trusted.overlay.opaque', Buffer.from('x'));
    linkSync(join(bottom, 'A'), join(bottom, 'd/hidden'));
    writeFileSync(upper.at(ascii('d/hidden')), '');
    upper.setXattr(ascii('d/hidden'), 'trusted.overlay.whiteout', Buffer.alloc(0));
    whileMounted(place, INDEX, (view) => append(view, 'A'));
    const before = viewOf(place, INDEX);
    expect(byPath(before.tree).has('d/C' as Bytes)).toBe(true);
    expect(byPath(before.tree).has('d/hidden' as Bytes)).toBe(false);

    const { found } = await runGoal(overlayUnion(place, INDEX), 'flush');

    expect(statesOf(found)).toEqual([['restorable', 'B', 'd/C']]);
    expectSameView(before.tree, viewOf(place, INDEX).tree);
  });
});

describeIncidents(
  'handles of unlike file systems',
  ['xfs'],
  (directory) => {
    test.each(['erofs', 'squashfs'] as const)(
      'erofs-and-xfs-share-a-handle-type: names of a %s lower are found under an xfs upper',
      async (type) => {
        const root = directory();
        const source = new Place(join(root, 'source'));
        mkdirSync(source.root);
        commonLower(source);
        const image = packLoopImage(type, source.root);
        try {
          const place = overlayPlace(root, [image.mountpoint]);
          whileMounted(place, INDEX, (view) => append(view, 'A'));
          const before = viewOf(place, INDEX);
          const packed = snapshot(image.mountpoint);
          const { found } = await runGoal(overlayUnion(place, INDEX), 'flush');
          expect(statesOf(found)).toEqual([['restorable', 'B', 'd/C']]);
          expectSameView(before.tree, viewOf(place, INDEX).tree);
          expectSameTree(packed, snapshot(image.mountpoint));
        } finally {
          image.dispose();
        }
      },
      60_000,
    );
  },
  ['erofs', 'squashfs'],
);
