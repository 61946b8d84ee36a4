import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mountedTrial } from '../seeds/mounted-trial.js';
import { pinnedSeeds } from '../seeds/pinned-seeds.js';
import { type FileSystems, mountFileSystems } from '../support/file-systems.js';
import { describeKernel } from '../support/needs.js';

const seeds = pinnedSeeds(40);
const types = ['ext4', 'xfs', 'tmpfs'] as const;

describeKernel('random mounted overlays', ['root', 'loop', 'kmsg', 'overlay', ...types], () => {
  let fileSystems: FileSystems;
  let links = 0;
  beforeAll(() => {
    fileSystems = mountFileSystems(types);
  });
  afterAll(() => fileSystems?.dispose());

  test.each(seeds)('seed %i', async (seed) => {
    links += await mountedTrial(seed, { fileSystems, types });
  });

  test('there was something to restore', () =>
    expect(links).toBeGreaterThan(seeds.length === 1 ? -1 : seeds.length));
});
