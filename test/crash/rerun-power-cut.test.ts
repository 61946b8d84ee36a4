import { expect, test } from '@jest/globals';
import { interpose } from '../../src/sys/seam.js';
import { describeCrash, FULL } from './bench.js';
import type { CrashUnion } from './crash-union.js';
import { runAndKeep } from './power-cut.js';
import { tally } from './tally.js';
import { tryCuts } from './try-cuts.js';
import type { UnionImage } from './union-image.js';

/** The union on whose disks a restore was killed a moment ago: its links are made, and none of them is on the disk. */
function afterKilledRestore(union: UnionImage): UnionImage {
  const on: UnionImage['on'] = (body, images) =>
    union.on(async (live) => {
      interpose(({ name }, proceed) => (name === 'fsync' || name === 'syncfs' ? 0 : proceed()));
      try {
        await union.run('restore');
      } finally {
        interpose(undefined);
      }
      return body(live);
    }, images);
  return Object.create(union, { on: { value: on } }) as UnionImage & CrashUnion;
}

for (const type of ['ext4', 'xfs', 'btrfs'] as const) {
  describeCrash('power cuts of a rerun', type, [], (union) => {
    test.each(['nothing', 'some'] as const)(
      'flush of names that a killed run made, %s of the unsynced writes on the disk',
      async (synced) => {
        const run = await runAndKeep(afterKilledRestore(union()), 'flush', synced, 1);
        const { checked, wrong } = await tryCuts(union(), 'flush', run, FULL || synced === 'nothing' ? 1 : 4);
        tally('power cuts of a rerun', `${type} flush, synced: ${synced}`, {
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
