import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type FileSystems, mountFileSystems } from '../support/file-systems.js';
import { expectMountedRestore } from '../support/mounted-restore.js';
import { describeKernel } from '../support/needs.js';
import { Random } from '../support/random.js';
import { buildRandomUnion, type RandomUnion } from '../support/random-union.js';

const DEFAULT_SEEDS = 40;
const { PLINKCTL_SEED, PLINKCTL_SEEDS } = process.env;
const from = Number(PLINKCTL_SEED ?? 1);
const count = PLINKCTL_SEED === undefined ? Number(PLINKCTL_SEEDS ?? DEFAULT_SEEDS) : 1;
const types = ['ext4', 'xfs', 'tmpfs'] as const;

describeKernel('random mounted overlays', ['root', 'loop', 'kmsg', 'overlay', ...types], () => {
  let fileSystems: FileSystems;
  let links = 0;
  beforeAll(() => {
    fileSystems = mountFileSystems(types);
  });
  afterAll(() => fileSystems?.dispose());

  test.each(Array.from({ length: count }, (_, i) => from + i))('seed %i', async (seed) => {
    const random = new Random(seed ^ 0x11fe);
    const upper = fileSystems.directory(random.pick(types), `upper${seed}`);
    const lower = fileSystems.directory(random.pick(types), `lower${seed}`);
    let union: RandomUnion | undefined;
    try {
      union = buildRandomUnion(seed, { upper, lower });
      links += await expectMountedRestore(union.place, ['index=on', ...union.options]);
    } catch (error) {
      const past = union === undefined ? '' : `\n${union.story.join('\n')}`;
      throw new Error(`PLINKCTL_SEED=${seed}: ${(error as Error).message}${past}`, { cause: error });
    } finally {
      union?.dispose();
      fileSystems.clear(upper);
      fileSystems.clear(lower);
    }
  });

  test('there was something to restore', () => expect(links).toBeGreaterThan(count === 1 ? -1 : count));
});
