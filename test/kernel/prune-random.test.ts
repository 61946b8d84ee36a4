import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pinnedSeeds } from '../seeds/pinned-seeds.js';
import { pruneTrial } from '../seeds/prune-trial.js';
import { type FileSystems, mountFileSystems } from '../support/file-systems.js';
import { describeKernel } from '../support/needs.js';

const seeds = pinnedSeeds(25, 5001);
const types = ['ext4', 'tmpfs'] as const;

describeKernel('prune on random unions', ['root', 'loop', 'kmsg', 'overlay', ...types], () => {
  let fileSystems: FileSystems;
  let pruned = 0;
  beforeAll(() => {
    fileSystems = mountFileSystems([...types]);
  });
  afterAll(() => fileSystems?.dispose());

  test.each(seeds)('seed %d: the view stays, and every byte is somewhere', async (seed) => {
    pruned += await pruneTrial(seed, { fileSystems, types });
  });

  test('some entries were pruned at all', () => {
    if (seeds.length > 1) expect(pruned).toBeGreaterThan(0);
  });
});
