import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ascii, type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { openDirectory, withFd } from '../../src/sys/open.js';
import { isSysError } from '../../src/sys/sys-error.js';
import { setXattr } from '../../src/sys/xattr.js';
import { command } from '../support/command.js';
import { makeLoopImage } from '../support/loop-image.js';
import { append, commonLower, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { indexNames, layersOf, viewOf } from '../support/overlay-verifier.js';
import { type Goal, runGoal } from '../support/restore-union.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const INDEX = ['index=on'];
const goals: readonly Goal[] = ['restore', 'flush'];
const EXT4_MAX_LINKS = 65_000;

/** Gives a file attributes until its file system takes not even a small one more. */
function fillAttributes(path: string): void {
  withFd(openDirectory(bytesFromText(dirname(path))), (fd) => {
    for (let [size, i] = [1000, 0]; size >= 1; i += 1) {
      try {
        setXattr(fd, bytesFromText(basename(path)), `user.${i}`, Buffer.alloc(size, 'x'));
      } catch (error) {
        if (!isSysError(error, 'ENOSPC')) throw error;
        size = Math.floor(size / 2);
      }
    }
  });
}

describeIncidents('file systems that refuse one link', ['ext4'], (directory) => {
  test('one-link-too-many: a flush of a group with every link that ext4 allows keeps the entry', async () => {
    const names = Array.from({ length: EXT4_MAX_LINKS - 1 }, (_, i) => `n${i}`);
    const place = overlayWith(directory(), {
      lower(lower) {
        writeFileSync(lower.at(ascii('A')), 'lowerdata\n');
        for (const name of names) linkSync(lower.at(ascii('A')), lower.at(ascii(name)));
      },
    });
    const lowers = layersOf(place).lowers;
    // The names and the entry are one link more than the inode can have.
    const { outcome } = await runGoal(overlayUnion(place, INDEX), 'flush');
    expect(outcome.entriesRemoved).toBe(0);
    expect(outcome.linksRestored).toBe(names.length - 1);
    expect(outcome.entries.map(({ attention, reason }) => [attention, reason])).toEqual([
      [true, expect.stringMatching(/link/i)],
    ]);
    expect(indexNames(place)).toHaveLength(1);
    expectSameTree(lowers, layersOf(place).lowers);
    const view = viewOf(place, INDEX);
    expect(view.log).toEqual([]);
    expect(new Set(view.tree.filter(({ kind }) => kind === 'file').map(({ group }) => group)).size).toBe(1);
  });

  test.each(goals)('immutable-directory: %s keeps the entry and links what it may', async (goal) => {
    const place = overlayWith(directory(), {
      session(view) {
        append(view, 'A');
        writeFileSync(view.at(ascii('d/own')), 'copies d up\n');
      },
    });
    const before = viewOf(place, INDEX);
    command('chattr', '+i', join(place.upper, 'd'));
    try {
      const { outcome } = await runGoal(overlayUnion(place, INDEX), goal);
      expect(outcome.linksRestored).toBe(1);
      expect(outcome.entriesRemoved).toBe(0);
      expect(outcome.entries.filter(({ attention }) => attention)).toHaveLength(1);
    } finally {
      command('chattr', '-i', join(place.upper, 'd'));
    }
    const after = viewOf(place, INDEX);
    expect(after.log).toEqual([]);
    expectSameView(before.tree, after.tree);
    const { outcome } = await runGoal(overlayUnion(place, INDEX), goal);
    expect(outcome.linksRestored).toBe(1);
    expectSameView(before.tree, viewOf(place, ['index=off']).tree);
  });

  test.each([
    ['its upper directory', (place: OverlayPlace) => join(place.upper, 'd')],
    ['the lower directory it needs', (place: OverlayPlace) => join(place.lowers[0] as string, 'd')],
  ])('attributes-that-do-not-fit in %s cost an entry its name, and no other entry', async (_, where) => {
    const place = overlayWith(directory(), {
      lower(lower) {
        commonLower(lower);
        linkSync(lower.at(ascii('solo')), lower.at(ascii('solo2')));
      },
      session: (view) => ['A', 'solo'].forEach((name) => void append(view, name)),
    });
    const full = where(place);
    mkdirSync(full, { recursive: true });
    // At its next look the kernel gives a merged directory the origin that it lacks, or fails where that does not fit.
    viewOf(place, INDEX);
    fillAttributes(full);
    const before = viewOf(place, INDEX);
    const { outcome } = await runGoal(overlayUnion(place, INDEX), 'flush');
    expect(outcome.entriesRemoved).toBe(1);
    expect(outcome.entries.find(({ attention }) => attention)?.reason).toContain('do not fit');
    expectSameView(before.tree, viewOf(place, INDEX).tree);
    command('setfattr', '-x', 'user.1', full);
    const rerun = await runGoal(overlayUnion(place, INDEX), 'flush');
    expect([rerun.outcome.entriesRemoved, indexNames(place)]).toEqual([1, []]);
  });

  test('attributes-that-do-not-fit in a metadata-only file keep its entry, and no other', async () => {
    const options = ['index=on', 'metacopy=on'];
    const place = overlayWith(directory(), {
      options,
      lower(lower) {
        commonLower(lower);
        linkSync(lower.at(ascii('solo')), lower.at(ascii('solo2')));
      },
      session: (view) =>
        ['A', 'solo'].forEach((name) => void command('chmod', '600', view.at(name as Bytes).toString())),
    });
    fillAttributes(join(place.upper, 'A'));
    const before = viewOf(place, options);
    const { outcome } = await runGoal(overlayUnion(place, options), 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([3, 1]);
    expect(outcome.entries.find(({ attention }) => attention)?.reason).toContain('do not fit');
    expectSameView(before.tree, viewOf(place, options).tree);
  });

  test.each(goals)('immutable-file: %s keeps the entry whole', async (goal) => {
    const place = overlayWith(directory());
    command('chattr', '+i', join(place.upper, 'A'));
    try {
      const before = viewOf(place, INDEX);
      const { outcome } = await runGoal(overlayUnion(place, INDEX), goal);
      expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([0, 0]);
      expect(outcome.entries.filter(({ attention }) => attention)).toHaveLength(1);
      expectSameView(before.tree, viewOf(place, INDEX).tree);
    } finally {
      command('chattr', '-i', join(place.upper, 'A'));
    }
  });
});

describeIncidents('project ids', ['xfs'], () => {
  test.each(goals)('other-project-id: %s never copies what it may not link', async (goal) => {
    const image = makeLoopImage('xfs');
    try {
      const place = overlayWith(image.mountpoint, {
        session(view) {
          append(view, 'A');
          writeFileSync(view.at(ascii('d/own')), 'copies d up\n');
        },
      });
      command('xfs_io', '-c', 'chproj 42', '-c', 'chattr +P', join(place.upper, 'd'));
      const { outcome } = await runGoal(overlayUnion(place, INDEX), goal);
      expect(outcome.linksRestored).toBe(1);
      expect(outcome.entriesRemoved).toBe(0);
      expect(outcome.entries.filter(({ attention }) => attention)).toHaveLength(1);
      const view = viewOf(place, INDEX);
      expect(view.log).toEqual([]);
      expect(view.tree.filter(({ group }) => group === 'A').map(({ path }) => path)).toEqual([
        'A',
        'B',
        'd/C',
      ]);
    } finally {
      image.dispose();
    }
  });
});

describeIncidents('other mounts inside of a branch', ['ext4', 'tmpfs'], (directory) => {
  test.each(goals)(
    'something-mounted-inside-a-branch: %s is not misled about the names below',
    async (goal) => {
      const place = overlayWith(directory());
      const before = viewOf(place, INDEX);
      const covered = join(place.lowers[0] as string, 'd');
      command('mount', '-t', 'tmpfs', 'tmpfs', covered);
      try {
        mkdirSync(join(covered, 'not of the union'));
        const { outcome } = await runGoal(overlayUnion(place, INDEX), goal);
        expect(outcome.stopped).toBe(false);
      } finally {
        command('umount', covered);
      }
      const after = viewOf(place, INDEX);
      expectSameView(before.tree, after.tree);
      await runGoal(overlayUnion(place, INDEX), goal);
      expectSameView(before.tree, viewOf(place, ['index=off']).tree);
      expect(whileMounted(place, INDEX, ({ root }) => root)).toBe(place.merged);
    },
  );
});
