import { expect, test } from '@jest/globals';
import { type AufsGoal, AufsImage } from './aufs-image.js';
import { describeDisks, FULL } from './bench.js';
import { runAndKeep, runAndReorder, type Synced } from './power-cut.js';
import { tally } from './tally.js';
import { tryCuts } from './try-cuts.js';

const goals: readonly AufsGoal[] = ['restore', 'flush', 'prune', 'repair'];
const variants: readonly Synced[] = ['nothing', 'everything', 'some'];
const all = goals.flatMap((goal) => variants.map((synced) => ({ goal, synced })));

function isChosen({ goal, synced }: (typeof all)[number]): boolean {
  return synced === 'some' && (goal === 'flush' || goal === 'repair');
}

/** What is tried where not everything is: every how manieth state after an effect, and states of reordered writes. */
const usual = {
  ext4: { cases: all.filter(({ synced }) => synced !== 'nothing'), stride: 12, samples: 1 },
  xfs: { cases: all.filter(isChosen), stride: 24, samples: 2 },
  btrfs: { cases: all.filter(isChosen), stride: 24, samples: 2 },
} as const;

for (const type of ['ext4', 'xfs', 'btrfs'] as const) {
  const { cases, stride, samples } = FULL ? { cases: all, stride: 1, samples: 40 } : usual[type];
  describeDisks(`power cuts of aufs branches on ${type}`, [type], ['fuse'], AufsImage.make, (image) => {
    test.each(cases)(
      '$goal, $synced of the unsynced writes on the disk',
      async ({ goal, synced }) => {
        const kept = await runAndKeep(image(), goal, synced, 1);
        const plain = await tryCuts(image(), goal, kept, stride);
        const mixed = await runAndReorder(image(), goal, synced, 2, samples);
        const reordered = await tryCuts(image(), goal, mixed, 1);
        tally('aufs power cuts', `${type} ${goal}, synced: ${synced}`, {
          effects: kept.effects,
          states: kept.cuts.length,
          checked: plain.checked,
          epochs: mixed.epochs,
          reordered: reordered.checked,
        });
        expect([...plain.wrong, ...reordered.wrong]).toEqual([]);
      },
      FULL ? 3_600_000 : 180_000,
    );
  });
}
