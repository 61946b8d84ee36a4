import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ascii } from '../../src/sys/bytes.js';
import { interpose } from '../../src/sys/seam.js';
import { command } from '../support/command.js';
import { makeLoopImage } from '../support/loop-image.js';
import { describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { viewOf } from '../support/overlay-verifier.js';
import { runGoal } from '../support/restore-union.js';
import { tempDir } from '../support/temp-dir.js';
import { expectSameView } from '../support/tree-diff.js';
import { unmount } from '../support/unmount.js';

const INDEX = ['index=on'];
const KEEPING_NO_ORDER = ['btrfs', 'ext4-journalless'] as const;

describeIncidents('names that an earlier run made', KEEPING_NO_ORDER, (directory) => {
  test.each(KEEPING_NO_ORDER)(
    'are durable before an entry goes for them, where the file system keeps no order (%s)',
    async (type) => {
      const place = overlayWith(directory(type));
      const before = viewOf(place, INDEX);
      const union = overlayUnion(place, INDEX);
      await runGoal(union, 'restore');
      const calls: string[] = [];
      interpose(({ name }, proceed) => {
        calls.push(name);
        return proceed();
      });
      try {
        await runGoal(union, 'flush');
      } finally {
        interpose(undefined);
      }
      expect(calls).not.toContain('linkat');
      expect(calls).toContain('unlinkat');
      expect(calls.slice(0, calls.indexOf('unlinkat'))).toContain('syncfs');
      expectSameView(before.tree, viewOf(place, INDEX).tree);
    },
  );

  test('outlive a power cut on an ext4 without a journal', async () => {
    const image = makeLoopImage('ext4-journalless');
    const cut = tempDir('cut');
    const [copy, mountpoint] = [join(cut.path, 'image'), join(cut.path, 'mnt')];
    mkdirSync(mountpoint);
    try {
      const place = withNamesOfAKilledRun(image.mountpoint, () => image.remount());
      const { outcome } = await runGoal(overlayUnion(place, INDEX), 'flush');
      expect(outcome).toMatchObject({ entriesRemoved: 1, linksRestored: 0 });
      // What the file system holds back is in the memory of its loop device.
      command('cp', '--sparse=always', image.image, copy);
      command('bash', '-c', 'e2fsck -fp "$1"; [ $? -le 1 ]', 'bash', copy);
      command('mount', '-o', 'loop', copy, mountpoint);
      try {
        for (const name of ['B', 'd/C'])
          expect(readFileSync(join(mountpoint, 'upper', name), 'latin1')).toBe('lowerdata\nX\n');
      } finally {
        unmount(mountpoint);
      }
    } finally {
      cut.dispose();
      image.dispose();
    }
  });
});

/**
 * An overlay whose only copy of `A` has lost that name through the mount, and has the two others by links that nobody
 * has made durable.
 */
function withNamesOfAKilledRun(root: string, afterMount: () => void): OverlayPlace {
  const place = overlayWith(root);
  whileMounted(place, INDEX, (view) => {
    rmSync(view.at(ascii('A')));
  });
  mkdirSync(join(place.upper, 'd'), { recursive: true });
  afterMount();
  const index = join(place.work, 'index');
  const entry = readdirSync(index).find((name) => !name.startsWith('#')) ?? '';
  for (const name of ['B', 'd/C']) linkSync(join(index, entry), join(place.upper, name));
  return place;
}
