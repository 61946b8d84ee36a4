import { expect, test } from '@jest/globals';
import type { Goal } from '../support/restore-union.js';
import { describeCrash, FULL } from './bench.js';
import { checkCut, runAndReorder, type Synced } from './power-cut.js';
import { tally } from './tally.js';
import { withoutStrangersLog } from './union-image.js';

const goals: readonly Goal[] = ['restore', 'flush'];
const variants: readonly Synced[] = ['nothing', 'everything', 'some'];
const cases = goals.flatMap((goal) => variants.map((synced) => ({ goal, synced })));
const SAMPLES = { ext4: 6, xfs: 3, btrfs: 3 } as const;

for (const type of ['ext4', 'xfs', 'btrfs'] as const) {
  describeCrash('writes in any order between two flushes', type, [], (union) => {
    test.each(cases)(
      '$goal, $synced of the unsynced writes sent to the disk',
      async ({ goal, synced }) => {
        const samples = FULL ? undefined : SAMPLES[type];
        const run = await runAndReorder(union(), goal, synced, 1, samples);
        const { effects, epochs, cuts, finished } = run;
        const wrong: string[] = [];
        for (const cut of cuts) {
          const lines = await withoutStrangersLog(() => checkCut(union(), cut, goal, finished));
          if (lines.length > 0) wrong.push(`${cut.words}:`, ...lines);
          cut.drop();
        }
        tally('reordered writes', `${type} ${goal}, synced: ${synced}`, {
          effects,
          epochs,
          checked: cuts.length,
        });
        expect(wrong).toEqual([]);
      },
      FULL ? 3_600_000 : 180_000,
    );
  });
}
