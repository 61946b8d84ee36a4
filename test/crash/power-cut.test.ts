import { expect, test } from '@jest/globals';
import type { Goal } from '../support/restore-union.js';
import { describeCrash, FULL } from './bench.js';
import { runAndKeep, type Synced } from './power-cut.js';
import { tally } from './tally.js';
import { tryCuts } from './try-cuts.js';

const goals: readonly Goal[] = ['restore', 'flush'];
const variants: readonly Synced[] = ['nothing', 'everything', 'some'];
const SEEDS = FULL ? [1, 2] : [1];

const cases = goals.flatMap((goal) =>
  variants.flatMap((synced) => (synced === 'some' ? SEEDS : [1]).map((seed) => ({ goal, synced, seed }))),
);

/** Every how manieth state is mounted and run again where not all are. */
const strides = { ext4: 2, xfs: 8, btrfs: 8 } as const;

for (const type of ['ext4', 'xfs', 'btrfs'] as const) {
  describeCrash('power cuts', type, [], (union) => {
    test.each(cases)(
      '$goal, $synced of the unsynced writes on the disk (seed $seed)',
      async ({ goal, synced, seed }) => {
        const run = await runAndKeep(union(), goal, synced, seed);
        const stride = FULL || synced === 'nothing' ? 1 : strides[type];
        const { checked, wrong } = await tryCuts(union(), goal, run, stride);
        tally('power cuts', `${type} ${goal}, synced: ${synced}`, {
          effects: run.effects,
          states: run.cuts.length,
          checked,
        });
        expect(wrong).toEqual([]);
      },
      FULL ? 1_800_000 : 180_000,
    );
  });
}
