import { afterAll, beforeAll, test } from '@jest/globals';
import { offlineCircumstances, offlineTrial } from '../seeds/offline-trial.js';
import { pinnedSeeds } from '../seeds/pinned-seeds.js';
import { type FileSystems, mountFileSystems, type ScratchType } from '../support/file-systems.js';
import { describeKernel } from '../support/needs.js';

const types: readonly ScratchType[] = ['ext4', 'xfs', 'btrfs', 'tmpfs'];

describeKernel(
  'random unions',
  ['root', 'loop', 'kmsg', 'overlay', 'tmpfs', 'ext4', 'xfs', 'btrfs', 'squashfs', 'erofs'],
  () => {
    let fileSystems: FileSystems;
    beforeAll(() => {
      fileSystems = mountFileSystems(types);
    });
    afterAll(() => fileSystems?.dispose());

    const seeds = pinnedSeeds(200).map((seed) => ({ seed, ...offlineCircumstances(seed, types) }));
    test.each(seeds)('seed $seed: $goal on $upper over $lower $packed', ({ seed }) =>
      offlineTrial(seed, { fileSystems, types }),
    );
  },
);
