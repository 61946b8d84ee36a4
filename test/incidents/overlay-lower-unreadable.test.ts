import { linkSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { makeLoopImage } from '../support/loop-image.js';
import { append, describeIncidents } from '../support/overlay-incident.js';
import { overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { layersOf } from '../support/overlay-verifier.js';
import { runGoal } from '../support/restore-union.js';
import { expectSameTree } from '../support/tree-diff.js';

const INDEX = ['index=on'];

describeIncidents('a damaged lower', ['ext4'], (directory) => {
  // The kernel answers ESTALE to the handle of an inode that it cannot read, as to that of one that is gone.
  test.each([
    ['a group with a name in the upper', 'complete', (_: string) => undefined],
    ['the only copy of a group', 'ambiguous', (upperName: string) => rmSync(upperName)],
  ])('lower-inode-unreadable: flush keeps the entry of %s', async (_, state, before) => {
    const image = makeLoopImage('ext4');
    try {
      const lower = join(image.mountpoint, 'lower');
      mkdirSync(join(lower, 'd'), { recursive: true });
      writeFileSync(join(lower, 'A'), 'old\n');
      linkSync(join(lower, 'A'), join(lower, 'd/B'));
      linkSync(join(lower, 'A'), join(lower, 'd/C'));
      const { ino } = statSync(join(lower, 'A'));
      const place = overlayPlace(directory(), [lower]);
      whileMounted(place, INDEX, (view) => {
        append(view, 'A');
        before(join(place.merged, 'A'));
      });
      image.unmount();
      command('debugfs', '-w', '-R', `sif <${ino}> checksum 0x1234`, image.image);
      command('mount', '-o', 'loop', image.image, image.mountpoint);
      const upper = layersOf({ ...place, lowers: [] });

      const { found, outcome } = await runGoal(overlayUnion(place, INDEX), 'flush');

      expect(found.unreadable.map(({ path }) => path)).toEqual(expect.arrayContaining(['d/B', 'd/C']));
      const entries = found.entries.filter((entry) => entry.state !== 'temporary');
      expect(entries.map((entry) => [entry.state, entry.overlay?.accounted])).toEqual([[state, false]]);
      expect(outcome.entriesRemoved).toBe(0);
      expectSameTree(upper.own, layersOf({ ...place, lowers: [] }).own);
    } finally {
      image.dispose();
    }
  });
});
