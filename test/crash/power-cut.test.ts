import { expect, test } from '@jest/globals';
import type { Goal } from '../support/restore-union.js';
import { describeCrash, FULL } from './bench.js';
import { checkCut, runAndKeep, type Synced } from './power-cut.js';
import { tally } from './tally.js';
import { withoutStrangersLog } from './union-image.js';

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
        const { effects, cuts, finished } = await runAndKeep(union(), goal, synced, seed);
        const stride = FULL || synced === 'nothing' ? 1 : strides[type];
        const wrong: string[] = [];
        let checked = 0;
        for (const [i, cut] of cuts.entries()) {
          if ((i + seed) % stride === 0 || i === cuts.length - 1) {
            checked += 1;
            const lines = await withoutStrangersLog(() => checkCut(union(), cut, goal, finished));
            if (lines.length > 0) wrong.push(`${cut.words} (of ${effects}):`, ...lines);
          }
          cut.drop();
        }
        tally('power cuts', `${type} ${goal}, synced: ${synced}`, { effects, states: cuts.length, checked });
        expect(wrong).toEqual([]);
      },
      FULL ? 1_800_000 : 180_000,
    );
  });
}
