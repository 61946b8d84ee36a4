import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { describeKernel } from '../support/needs.js';
import type { Goal } from '../support/restore-union.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import type { CrashFileSystem } from './crash-image.js';
import { PowerCutBench, type Synced } from './power-cut.js';
import { tally } from './tally.js';

const FULL = process.env.PLINKCTL_CRASH === 'full';

const goals: readonly Goal[] = ['restore', 'flush'];
const variants: readonly Synced[] = ['nothing', 'everything', 'some'];

/** Every how manieth state is mounted and run again where not all are. */
const strides: Readonly<Record<CrashFileSystem, number>> = { ext4: 2, xfs: 8, btrfs: 8 };

const cases = (goal: Goal, synced: Synced) =>
  (synced === 'some' && FULL ? [1, 2, 3] : [1]).map((seed) => ({ goal, synced, seed }));

for (const type of ['ext4', 'xfs', 'btrfs'] as const) {
  describeKernel(`power cuts on ${type}`, ['root', 'loop', 'kmsg', 'overlay', 'tmpfs', type], () => {
    let directory: TempDir;
    let bench: PowerCutBench;

    beforeAll(() => {
      directory = tempDir('power');
      command('mount', '-t', 'tmpfs', '-o', 'size=16g', 'tmpfs', directory.path);
      for (const name of ['images', 'mnt']) mkdirSync(join(directory.path, name));
      bench = new PowerCutBench(type, join(directory.path, 'images'), join(directory.path, 'mnt'));
    });
    afterAll(() => directory?.dispose());

    test.each(goals.flatMap((goal) => variants.flatMap((synced) => cases(goal, synced))))(
      '$goal, $synced of the unsynced writes on the disk (seed $seed)',
      async ({ goal, synced, seed }) => {
        const { effects, cuts, finished } = await bench.run(goal, synced, seed);
        const stride = FULL ? 1 : strides[type];
        const wrong: string[] = [];
        let checked = 0;
        for (const [i, cut] of cuts.entries()) {
          if ((i + seed) % stride !== 0 && i !== cuts.length - 1) continue;
          checked += 1;
          const lines = await bench.check(cut, goal, finished);
          if (lines.length > 0)
            wrong.push(`after effect ${cut.effect} of ${effects} (${cut.call}):`, ...lines);
          rmSync(cut.image);
        }
        for (const { image } of cuts) rmSync(image, { force: true });
        tally('power cuts', `${type} ${goal}, synced: ${synced}`, { effects, states: cuts.length, checked });
        expect(wrong).toEqual([]);
      },
      FULL ? 1_800_000 : 60_000,
    );
  });
}
