import { expect, test } from '@jest/globals';
import type { Goal } from '../support/restore-union.js';
import { describeCrash, FULL } from './bench.js';
import { runAndReorder, type Synced } from './power-cut.js';
import { tally } from './tally.js';
import { tryCuts } from './try-cuts.js';

const goals: readonly Goal[] = ['restore', 'flush'];
const variants: readonly Synced[] = ['nothing', 'everything', 'some'];
const all = goals.flatMap((goal) => variants.map((synced) => ({ goal, synced })));
// What `restore` does is the first part of what `flush` does.
const cases = FULL ? all : all.filter(({ goal, synced }) => goal === 'flush' || synced === 'some');
const SAMPLES = { ext4: 5, xfs: 2, btrfs: 2 } as const;

for (const type of ['ext4', 'xfs', 'btrfs'] as const) {
  describeCrash('writes in any order between two flushes', type, ['fuse'], (union) => {
    test.each(cases)(
      '$goal, $synced of the unsynced writes sent to the disk',
      async ({ goal, synced }) => {
        const samples = FULL ? 120 : SAMPLES[type];
        const run = await runAndReorder(union(), goal, synced, 1, samples);
        const { checked, wrong } = await tryCuts(union(), goal, run, 1);
        tally('reordered writes', `${type} ${goal}, synced: ${synced}`, {
          effects: run.effects,
          epochs: run.epochs,
          checked,
        });
        expect(wrong).toEqual([]);
      },
      FULL ? 3_600_000 : 180_000,
    );
  });
}
