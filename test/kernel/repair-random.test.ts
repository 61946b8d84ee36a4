import { afterAll, beforeAll, test } from '@jest/globals';
import { pinnedSeeds } from '../seeds/pinned-seeds.js';
import { repairTrial } from '../seeds/repair-trial.js';
import { type FileSystems, mountFileSystems, type ScratchType } from '../support/file-systems.js';
import { describeKernel } from '../support/needs.js';

const types: readonly ScratchType[] = ['ext4', 'xfs', 'btrfs', 'tmpfs'];

describeKernel('repair of random unions', ['root', 'loop', 'kmsg', 'overlay', ...types], () => {
  let fileSystems: FileSystems;
  beforeAll(() => {
    fileSystems = mountFileSystems(types);
  });
  afterAll(() => fileSystems?.dispose());

  test.each(pinnedSeeds(25))('seed %i: what is safe changes nothing that anybody sees', (seed) =>
    repairTrial(seed, { fileSystems, types }),
  );
});
