import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import { type FileSystems, mountFileSystems, type ScratchType } from '../support/file-systems.js';
import type { ReadOnlyFileSystem } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { overlayUnion } from '../support/overlay-place.js';
import { expectUsable } from '../support/overlay-use.js';
import { indexNames, layersOf, viewOf, wrongLinkCounts } from '../support/overlay-verifier.js';
import { Random } from '../support/random.js';
import { buildRandomUnion, type RandomUnion } from '../support/random-union.js';
import { type Goal, runGoal } from '../support/restore-union.js';
import { afterReading, expectSameTree, expectSameView } from '../support/tree-diff.js';

const DEFAULT_SEEDS = 200;

// PLINKCTL_SEED runs one seed again; PLINKCTL_SEEDS says how many, PLINKCTL_SEEDS_FROM where to start.
const { PLINKCTL_SEED, PLINKCTL_SEEDS, PLINKCTL_SEEDS_FROM, PLINKCTL_FILE_SYSTEM } = process.env;
const from = Number(PLINKCTL_SEED ?? PLINKCTL_SEEDS_FROM ?? 1);
const count = PLINKCTL_SEED === undefined ? Number(PLINKCTL_SEEDS ?? DEFAULT_SEEDS) : 1;

interface Circumstances {
  readonly seed: number;
  readonly upper: ScratchType;
  readonly lower: ScratchType;
  readonly packed: ReadOnlyFileSystem | undefined;
  readonly goal: Goal;
}

const types: readonly ScratchType[] = ['ext4', 'xfs', 'btrfs', 'tmpfs'];

function circumstances(seed: number): Circumstances {
  // Apart from the union's own numbers, so that one seed can be tried on another file system.
  const random = new Random(seed ^ 0x5eed);
  const goal = random.pick(['restore', 'flush'] as const);
  const upper = (PLINKCTL_FILE_SYSTEM as ScratchType | undefined) ?? random.pick(types);
  const lower = random.chance(75) ? upper : random.pick(types);
  const packed = random.chance(8) ? random.pick(['squashfs', 'erofs'] as const) : undefined;
  return { seed, upper, lower, packed, goal };
}

describeKernel(
  'random unions',
  ['root', 'loop', 'kmsg', 'overlay', 'tmpfs', 'ext4', 'xfs', 'btrfs', 'squashfs', 'erofs'],
  () => {
    let fileSystems: FileSystems;
    beforeAll(() => {
      fileSystems = mountFileSystems(types);
    });
    afterAll(() => fileSystems?.dispose());

    const seeds = Array.from({ length: count }, (_, i) => circumstances(from + i));
    test.each(seeds)(
      'seed $seed: $goal on $upper over $lower $packed',
      async ({ seed, upper, lower, packed, goal }) => {
        const roots = {
          upper: fileSystems.directory(upper, `upper${seed}`),
          lower: fileSystems.directory(lower, `lower${seed}`),
          packed,
        };
        let union: RandomUnion | undefined;
        try {
          union = buildRandomUnion(seed, roots);
          await expectRightRun(union, goal);
        } catch (error) {
          const past = union === undefined ? '' : `\n${union.story.join('\n')}`;
          throw new Error(`PLINKCTL_SEED=${seed}: ${(error as Error).message}${past}`, { cause: error });
        } finally {
          union?.dispose();
          fileSystems.clear(roots.upper);
          fileSystems.clear(roots.lower);
        }
      },
    );
  },
);

// A metadata-only copy made with index=off has an origin and no nlink record; the kernel tells of it now and then.
const own = /failed to get index nlink/;

async function expectRightRun({ place, options, hadIndexOff }: RandomUnion, goal: Goal): Promise<void> {
  const indexed = ['index=on', ...options];
  const union = overlayUnion(place, indexed);
  const before = viewOf(place, indexed);
  const untouched = layersOf(place);

  const found = await scan(union, { thorough: true });
  if (!hadIndexOff) {
    // The kernel itself leaks an entry whose group had names that no layer showed.
    const faults = found.findings.filter(({ severity, code }) => severity !== 'note' && code !== 'orphan');
    expect(faults).toEqual([]);
  }
  expectSameTree(untouched.own, layersOf(place).own, afterReading);

  const outcome = await apply(plan(found, goal));
  expect(outcome.stopped).toBe(false);
  const done = layersOf(place);
  expectSameTree(untouched.lowers, done.lowers, afterReading);

  const second = await runGoal(union, goal);
  expect(second.outcome.linksRestored).toBe(0);
  expect(second.outcome.entriesRemoved).toBe(0);
  expectSameTree(done.own, layersOf(place).own);

  const names = indexNames(place);
  const after = viewOf(place, indexed);
  expect(after.log.filter((line) => !before.log.includes(line) && !(hadIndexOff && own.test(line)))).toEqual(
    [],
  );
  expectSameView(before.tree, after.tree);
  expect(wrongLinkCounts(after.tree, found.entries, place)).toEqual([]);
  expect(indexNames(place)).toEqual(names);
  // Without the index only what is really in the upper counts: the kernel itself says whether a name is missing.
  expectSameView(before.tree, viewOf(place, ['index=off', ...unexported(options)]).tree);

  expectUsable(place, indexed, found);
  const rescan = await scan(union, { thorough: true });
  expect(wrongLinkCounts(viewOf(place, indexed).tree, rescan.entries, place)).toEqual([]);
}

const unexported = (options: readonly string[]): string[] =>
  options.filter((word) => word !== 'nfs_export=on');
