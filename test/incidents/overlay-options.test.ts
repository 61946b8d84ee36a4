import { renameSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { overlayUnion } from '../support/overlay-place.js';
import { indexNames, layersOf, viewOf, wrongLinkCounts } from '../support/overlay-verifier.js';
import { type Goal, runGoal, statesOf } from '../support/restore-union.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const goals: readonly Goal[] = ['restore', 'flush'];
const ZERO_UUID = '00'.repeat(16);

describeIncidents('mount options that change what is on the disk', ['ext4', 'xfs', 'btrfs'], (directory) => {
  test.each(['ext4', 'xfs', 'btrfs'] as const)('uuid-off-handles-carry-zeros: on %s too', async (type) => {
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
});
