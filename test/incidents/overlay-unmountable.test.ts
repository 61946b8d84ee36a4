import { linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { ascii, type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { openDirectory, withFd } from '../../src/sys/open.js';
import { interpose } from '../../src/sys/seam.js';
import { makeDev, S_IFCHR } from '../../src/sys/stat.js';
import { removeXattr } from '../../src/sys/xattr.js';
import { openLoopImage } from '../support/loop-image.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { indexNames, layersOf, viewOf } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import { type Goal, runGoal, statesOf } from '../support/restore-union.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const INDEX = ['index=on'];
const goals: readonly Goal[] = ['restore', 'flush'];
const captured = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/overlay/${name}.img.gz`, import.meta.url));
const mountIt =
  (place: OverlayPlace, options = INDEX) =>
  () =>
    whileMounted(place, options, () => undefined);

function stripOrigin(place: OverlayPlace): void {
  const [entry] = indexNames(place);
  withFd(openDirectory(bytesFromText(join(place.work, 'index'))), (fd) =>
    removeXattr(fd, entry as Bytes, 'trusted.overlay.origin'),
  );
}

describeIncidents('what makes the kernel refuse the mount', ['ext4'], (directory) => {
  afterEach(() => interpose(undefined));

  test('origin-stripped-before-index-makes-unmountable: so says the kernel', () => {
    const place = overlayWith(directory());
    stripOrigin(place);
    expect(mountIt(place)).toThrow(/ENODATA|no such attribute/);
  });

  test('origin-stripped-before-index: flush removes the entry first, and only when its links are durable', async () => {
    const place = overlayWith(directory());
    const calls: string[] = [];
    const marked = (): boolean =>
      snapshot(place.upper).some(({ xattrs }) => xattrs.includes('overlay.nlink='));
    let markedAtUnlink: boolean | undefined;
    interpose(({ name, path }, proceed) => {
      if (name === 'unlinkat') calls.push(/^00fb/.test(path) ? 'unlink entry' : `unlink ${path}`);
      if (name === 'linkat' || name === 'fsync' || name === 'syncfs') calls.push(name);
      const done = proceed();
      if (markedAtUnlink === undefined && calls.includes('unlink entry')) {
        markedAtUnlink = false;
        markedAtUnlink = marked();
      }
      return done;
    });
    await runGoal(overlayUnion(place, INDEX), 'flush');
    interpose(undefined);
    const entry = calls.indexOf('unlink entry');
    expect(calls.filter((call) => call === 'linkat')).toHaveLength(2);
    expect(calls.lastIndexOf('linkat')).toBeLessThan(entry);
    expect(calls.slice(calls.lastIndexOf('linkat'), entry)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(fsync|syncfs)$/)]),
    );
    expect(markedAtUnlink).toBe(true);
    expect(marked()).toBe(false);
  });

  test.each(goals)('origin-lost: %s keeps the entry, whose name still tells its origin', async (goal) => {
    const place = overlayWith(directory());
    stripOrigin(place);
    const before = layersOf(place);
    const { found, outcome } = await runGoal(overlayUnion(place, INDEX), goal);
    expect(statesOf(found)[0]?.[0]).toBe('damaged');
    expect(outcome.entriesKept).toBe(1);
    expectSameTree(before.own, layersOf(place).own);
  });

  test.each(goals)('junk-in-the-index: %s does its work and leaves the junk where it is', async (goal) => {
    const place = overlayWith(directory());
    const junk = join(place.work, 'index/junk\n\xff');
    writeFileSync(Buffer.from(junk, 'latin1'), 'somebody put this here');
    const { found, outcome } = await runGoal(overlayUnion(place, INDEX), goal);
    expect(statesOf(found)).toEqual([['junk'], ['restorable', 'B', 'd/C']]);
    expect(outcome.linksRestored).toBe(2);
    expect(readdirSync(join(place.work, 'index'), 'latin1')).toContain('junk\n\xff');
    expect(mountIt(place)).toThrow(/EINVAL|invalid argument/);
    expect(readdirSync(place.upper).sort()).toEqual(['A', 'B', 'd']);
  });

  test.each(goals)(
    'copy-up-failed-halfway: %s keeps the remnant, and does the other entries',
    async (goal) => {
      const image = openLoopImage(captured('k24-userxattr-failed-copyup-unmountable'));
      try {
        const options = ['userxattr', 'index=on'];
        const place = overlayPlace(image.mountpoint);
        expect(mountIt(place, options)).toThrow(/ENODATA|no such attribute/);
        const { found, outcome } = await runGoal(overlayUnion(place, options), goal);
        expect(statesOf(found)).toContainEqual(['restorable', 'B', 'd/C']);
        expect(found.entries).toHaveLength(2);
        expect(outcome.linksRestored).toBe(2);
        const remnant = found.entries.find(({ kind }) => kind === 'symlink');
        expect(indexNames(place)).toContain(remnant?.name);
        rmSync(join(place.work, 'index', String(remnant?.name)));
        expect(viewOf(place, options).log).toEqual([]);
      } finally {
        image.dispose();
      }
    },
  );
});

describeIncidents('what lies about in work', ['ext4'], (directory) => {
  test('hash-temporaries-are-normal: a clean unmount leaves one, linked to every whiteout', async () => {
    const place = overlayWith(directory(), {
      session(view) {
        append(view, 'A');
        for (const name of ['B', 'solo']) rmSync(join(view.root, name));
      },
    });
    const left = readdirSync(join(place.work, 'index')).filter((name) => name.startsWith('#'));
    expect(left).toHaveLength(1);

    const { found, outcome } = await runGoal(overlayUnion(place, INDEX), 'flush');

    expect(statesOf(found)).toEqual([['restorable', 'd/C'], ['temporary']]);
    expect(outcome.entries.filter(({ attention }) => attention)).toEqual([]);
    expect(readdirSync(join(place.work, 'index'))).toEqual(left);
    expect(viewOf(place, INDEX).log).toEqual([]);
  });

  test('whiteouts-share-one-inode: they are no group of hardlinks', async () => {
    const place = overlayWith(directory(), {
      lower(lower) {
        for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(lower.root, name), name);
        linkSync(join(lower.root, 'a'), join(lower.root, 'e'));
      },
      session(view) {
        append(view, 'a');
        for (const name of ['b', 'c', 'd']) rmSync(join(view.root, name));
      },
    });
    const before = viewOf(place, INDEX);
    const { found } = await runGoal(overlayUnion(place, INDEX), 'flush');
    expect(statesOf(found)).toContainEqual(['restorable', 'e']);
    expect(found.findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
    expectSameView(before.tree, viewOf(place, INDEX).tree);
  });

  test('deep-leftover-in-work: a mount would be read-only and without index; the run is not misled', async () => {
    const place = overlayWith(directory());
    mkdirSync(join(place.work, 'work/#77/sub'), { recursive: true });
    writeFileSync(join(place.work, 'work/#77/sub/f'), '');
    const { outcome } = await runGoal(overlayUnion(place, INDEX), 'restore');
    expect(outcome.linksRestored).toBe(2);
    rmSync(join(place.work, 'work/#77'), { recursive: true });
    expect(viewOf(place, INDEX).log).toEqual([]);
  });

  test.each(goals)('whiteout-entry-with-visible-names: %s keeps it and says so', async (goal) => {
    const place = overlayWith(directory());
    const [name = ''] = indexNames(place);
    rmSync(join(place.work, 'index', name));
    rmSync(join(place.upper, 'A'));
    new Place(place.work).mknod(ascii(`index/${name}`), S_IFCHR, makeDev(0, 0));
    const before = layersOf(place);
    const { found } = await runGoal(overlayUnion(place, INDEX), goal);
    expect(statesOf(found)[0]?.[0]).toBe('whiteout');
    expectSameTree(before.own, layersOf(place).own);
  });
});
