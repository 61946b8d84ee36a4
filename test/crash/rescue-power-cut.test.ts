import { describe, expect, test } from '@jest/globals';
import { AufsImage } from './aufs-image.js';
import { describeDisks, FULL } from './bench.js';
import type { CrashFileSystem } from './crash-image.js';
import type { CrashUnion } from './crash-union.js';
import { OrphanImage } from './orphan-image.js';
import { runAndKeep, runAndReorder, type Synced } from './power-cut.js';
import { tally } from './tally.js';
import { tryCuts } from './try-cuts.js';

const variants: readonly Synced[] = FULL ? ['nothing', 'everything', 'some'] : ['some'];

/** The branches are on the first disk, the rescue directory on the last. */
type Types = readonly CrashFileSystem[];
const overlays: Types[] = [['ext4'], ['xfs', 'btrfs'], ['btrfs', 'ext4'], ['btrfs']];
const aufs: Types[] = [['xfs', 'ext4']];
if (FULL) {
  overlays.push(['ext4', 'xfs']);
  aufs.push(['ext4', 'btrfs'], ['btrfs']);
}

describe.each(overlays)('a rescue of orphans of an overlay', (...types) => {
  describeDisks(`from ${types.join(' to ')}`, types, ['fuse'], OrphanImage.make, (image) => {
    test.each(variants)('%s of the unsynced writes on the disks', (synced) =>
      expectSafe(image(), 'prune', synced, types.join(' to ')),
    );
  });
});

describe.each(aufs)('a rescue from aufs branches', (...types) => {
  describeDisks(`from ${types.join(' to ')}`, types, ['fuse'], AufsImage.make, (image) => {
    test.each(
      (['prune', 'repair'] as const).flatMap((goal) =>
        (FULL ? variants : (['some'] as const)).map((synced) => ({ goal, synced })),
      ),
    )('$goal, $synced of the unsynced writes on the disks', ({ goal, synced }) =>
      expectSafe(image(), goal, synced, `aufs ${types.join(' to ')}`),
    );
  });
});

async function expectSafe<Goal extends string, Left>(
  image: CrashUnion<Goal, Left>,
  goal: Goal,
  synced: Synced,
  where: string,
): Promise<void> {
  const kept = await runAndKeep(image, goal, synced, 1);
  const plain = await tryCuts(image, goal, kept, FULL ? 1 : 16);
  const mixed = await runAndReorder(image, goal, synced, 2, FULL ? 60 : 2);
  const reordered = await tryCuts(image, goal, mixed, 1);
  tally('rescue power cuts', `${where} ${goal}, synced: ${synced}`, {
    effects: kept.effects,
    states: kept.cuts.length,
    checked: plain.checked,
    epochs: mixed.epochs,
    reordered: reordered.checked,
  });
  expect([...plain.wrong, ...reordered.wrong]).toEqual([]);
}
