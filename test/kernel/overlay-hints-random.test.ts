import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fileSystemHints } from '../../src/scan/hints/ask-hints.js';
import { type GroupCache, GroupHints } from '../../src/scan/hints/group-hints.js';
import type { LowerGroups } from '../../src/scan/hints/lower-groups.js';
import type { NameHints } from '../../src/scan/hints/name-hints.js';
import { lowerLinks } from '../../src/scan/overlay/lower-links.js';
import type { ScanResult } from '../../src/scan/result.js';
import { scan } from '../../src/scan/scan.js';
import type { OverlayUnion } from '../../src/union/union.js';
import { type FileSystems, mountFileSystems, type ScratchType } from '../support/file-systems.js';
import { allKnowing, lying, lyingLate } from '../support/hints.js';
import { describeKernel } from '../support/needs.js';
import { overlayUnion } from '../support/overlay-place.js';
import { Random } from '../support/random.js';
import { buildRandomUnion, type RandomUnion } from '../support/random-union.js';

const DEFAULT_SEEDS = 24;

// PLINKCTL_SEED runs one seed again; PLINKCTL_SEEDS says how many, PLINKCTL_SEEDS_FROM where to start.
const { PLINKCTL_SEED, PLINKCTL_SEEDS, PLINKCTL_SEEDS_FROM } = process.env;
const from = Number(PLINKCTL_SEED ?? PLINKCTL_SEEDS_FROM ?? 1);
const count = PLINKCTL_SEED === undefined ? Number(PLINKCTL_SEEDS ?? DEFAULT_SEEDS) : 1;

const types: readonly ScratchType[] = ['btrfs', 'xfs-parents', 'ext4', 'tmpfs'];

describeKernel(
  'random unions, told where to look',
  ['root', 'loop', 'overlay', 'tmpfs', 'ext4', 'xfs-parents', 'btrfs', 'squashfs', 'erofs'],
  () => {
    let fileSystems: FileSystems;
    beforeAll(() => {
      fileSystems = mountFileSystems(types);
    });
    afterAll(() => fileSystems?.dispose());

    test.each(Array.from({ length: count }, (_, i) => from + i))(
      'seed %s: whatever is told, the same is found',
      async (seed) => {
        const random = new Random(seed ^ 0x41175);
        const type = random.pick(types);
        const roots = {
          upper: fileSystems.directory(type, `upper${seed}`),
          lower: fileSystems.directory(type, `lower${seed}`),
          packed: random.chance(20) ? random.pick(['squashfs', 'erofs'] as const) : undefined,
        };
        let union: RandomUnion | undefined;
        try {
          union = buildRandomUnion(seed, roots);
          await expectSame(overlayUnion(union.place, ['index=on', ...union.options]), random);
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

/** What the first union's lower had, for every lower. */
const ofAnyUnion: GroupCache = {
  keeps: () => true,
  read: () => kept,
  async write(_, groups) {
    kept = groups;
  },
};
let kept: LowerGroups | undefined;

async function expectSame(union: OverlayUnion, random: Random): Promise<void> {
  const look = async (hints?: readonly NameHints[], thorough = false): Promise<ScanResult> =>
    scan(union, { threads: 1, thorough, ways, ...(hints === undefined ? {} : { hints }) });
  // Most of these trees are so small that nothing is left to be told late.
  const ways = random.chance(50) ? { near: 0 } : {};
  const whole = { threads: 1, hints: [], ways: { early: false } };
  const walked = await scan(union, whole);
  const checked = await scan(union, { ...whole, thorough: true });
  const names = walked.entries.filter(({ kind }) => kind === 'file').map(({ name }) => name);
  const links = await lowerLinks(union, names, { hints: [] });
  const groups = new GroupHints({ cache: ofAnyUnion });
  const late = [lyingLate(random)];
  for (const hints of [
    undefined,
    [],
    [allKnowing],
    [lying(random)],
    [lying(random), allKnowing],
    [groups],
    late,
    [...fileSystemHints, ...late],
  ]) {
    expect(facts(await look(hints))).toEqual(facts(walked));
    expect(facts(await look(hints, true))).toEqual(facts(checked));
    expect(await lowerLinks(union, names, hints === undefined ? {} : { hints })).toEqual(links);
  }
}

/** All that was found, but for how far it was walked, and in no order. */
function facts({ walked, directories, ...result }: ScanResult): unknown {
  return { ...result, directories: [...directories].sort((a, b) => (a.path < b.path ? -1 : 1)) };
}
