import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type BusyProgram, killBusyPrograms, run } from '../support/busy-program.js';
import { command } from '../support/command.js';
import { type FileSystems, mountFileSystems } from '../support/file-systems.js';
import { whileMountedAsync } from '../support/mounted-restore.js';
import { describeKernel } from '../support/needs.js';
import { overlayPlace, whileMounted } from '../support/overlay-place.js';
import { Place } from '../support/place.js';
import { Random } from '../support/random.js';
import { buildRandomLower } from '../support/random-lower.js';
import { operate } from '../support/random-operations.js';
import { snapshot } from '../support/tree.js';
import { differences } from '../support/tree-diff.js';

const { PLINKCTL_SEED, PLINKCTL_SEEDS } = process.env;
const from = Number(PLINKCTL_SEED ?? 1);
const count = PLINKCTL_SEED === undefined ? Number(PLINKCTL_SEEDS ?? 3) : 1;
const types = ['ext4', 'xfs'] as const;
// Not nfs_export: with it the kernel shows wrong link counts after a remount, without any tool at work.
const profiles = [
  ['redirect_dir=on', 'metacopy=off'],
  ['redirect_dir=on', 'metacopy=on'],
];
const OPERATIONS = 240;
const program = join(import.meta.dirname, '../../bin/plinkctl.js');

/** What a plain directory and a union show alike: all but times, space, and the size and link count of directories. */
const unalike = { ignore: ['inode', 'atime', 'mtime', 'ctime', 'blocks'] } as const;
const twinLines = (twin: string, union: string): string[] =>
  differences(snapshot(twin), snapshot(union), {
    ...unalike,
    // The root of a union is the upper's, whatever the lower's has.
    unless: (fact, { kind, path }) =>
      path === '' || (kind === 'directory' && (fact === 'nlink' || fact === 'size')),
  });

describeKernel(
  'a union at work is what a plain directory would be',
  ['root', 'loop', 'overlay', 'ext4', 'xfs'],
  () => {
    let fileSystems: FileSystems;
    beforeAll(() => {
      fileSystems = mountFileSystems(types);
    });
    afterEach(killBusyPrograms);
    afterAll(() => fileSystems?.dispose());

    test.each(Array.from({ length: count }, (_, i) => from + i))('seed %i', async (seed) => {
      const type = types[seed % types.length] as (typeof types)[number];
      const words = profiles[seed % profiles.length] as readonly string[];
      const root = fileSystems.directory(type, `twin${seed}`);
      const place = overlayPlace(root);
      const [lower, outside, twin] = ['lower', 'outside', 'twin'].map((name) => join(root, name)) as [
        string,
        string,
        string,
      ];
      mkdirSync(outside);
      buildRandomLower(lower, outside, new Random(seed), { special: true, packed: false });
      // A name outside of the lower would count in the union's link counts, and not in the copy's.
      command('rm', '-rf', outside);
      command('cp', '-a', lower, twin);
      // What is made in the root inherits from the upper's, which has no such list.
      command('setfacl', '-bk', twin);
      const options = ['index=on', ...words];
      const story: string[] = [];
      const runs: (number | null)[] = [];
      await whileMountedAsync(place, options, async () => {
        let busy: BusyProgram | undefined;
        for (let turn = 0; turn < OPERATIONS; turn += 1) {
          if (busy === undefined || busy.ended !== undefined) {
            if (busy?.ended !== undefined) runs.push(busy.ended);
            busy = run(process.execPath, [program, turn % 2 === 0 ? 'restore' : 'flush', place.merged]);
          }
          const act = (tree: string): string[] =>
            operate(new Place(tree), 1, new Random(seed * 1000 + turn), true);
          const ours = act(place.merged);
          // A redirect can be too long for overlayfs: it refuses, and a plain directory would not.
          const theirs = ours[0] === '(EXDEV)' ? ours : act(twin);
          // Where they part, whatever comes later differs too.
          expect({ story, ours }).toEqual({ story, ours: theirs });
          story.push(...ours);
          if (turn % 4 === 0) await sleep(10);
        }
        while (busy?.ended === undefined) await sleep(10);
        runs.push(busy.ended);
        expect({ story, lines: twinLines(twin, place.merged) }).toEqual({ story, lines: [] });
      });
      expect(runs.length).toBeGreaterThan(1);
      expect(runs.filter((code) => code !== 0)).toEqual([]);
      whileMounted(place, options, () => {
        expect({ story, lines: twinLines(twin, place.merged) }).toEqual({ story, lines: [] });
      });
    });
  },
);
