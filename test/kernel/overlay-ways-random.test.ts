import { linkSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { scan as scanUnion } from '../../src/scan/scan.js';
import type { ScanOptions } from '../../src/scan/scan-options.js';
import type { OverlayUnion } from '../../src/union/union.js';
import { type FileSystems, mountFileSystems, type ScratchType } from '../support/file-systems.js';
import { describeKernel } from '../support/needs.js';
import { overlayUnion } from '../support/overlay-place.js';
import { Random } from '../support/random.js';
import { buildRandomUnion, type RandomUnion } from '../support/random-union.js';
import { scanFacts } from '../support/scan-facts.js';

const DEFAULT_SEEDS = 8;

// PLINKCTL_SEED runs one seed again; PLINKCTL_SEEDS says how many, PLINKCTL_SEEDS_FROM where to start.
const { PLINKCTL_SEED, PLINKCTL_SEEDS, PLINKCTL_SEEDS_FROM } = process.env;
const from = Number(PLINKCTL_SEED ?? PLINKCTL_SEEDS_FROM ?? 1);
const count = PLINKCTL_SEED === undefined ? Number(PLINKCTL_SEEDS ?? DEFAULT_SEEDS) : 1;

const types: readonly ScratchType[] = ['ext4', 'xfs', 'btrfs', 'tmpfs'];

// The second thread runs from the built program alone.
const built: string = '../../dist/index.js';

describeKernel(
  'random unions, walked in every way',
  ['root', 'loop', 'overlay', 'tmpfs', 'ext4', 'xfs', 'btrfs', 'squashfs', 'erofs'],
  () => {
    let fileSystems: FileSystems;
    let scan: typeof scanUnion;
    beforeAll(async () => {
      fileSystems = mountFileSystems(types);
      ({ scan } = (await import(built)) as { scan: typeof scanUnion });
    });
    afterAll(() => fileSystems?.dispose());

    test.each(Array.from({ length: count }, (_, i) => from + i))(
      'seed %s: by whatever way, the same is found',
      async (seed) => {
        const random = new Random(seed ^ 0x3a15);
        const type = random.pick(types);
        const roots = {
          upper: fileSystems.directory(type, `upper${seed}`),
          lower: fileSystems.directory(type, `lower${seed}`),
          packed: random.chance(20) ? random.pick(['squashfs', 'erofs'] as const) : undefined,
        };
        let union: RandomUnion | undefined;
        try {
          union = buildRandomUnion(seed, roots);
          for (const lower of union.place.lowers)
            if (lower.startsWith(roots.lower) && roots.packed === undefined) makeLone(lower, random);
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

    async function expectSame(union: OverlayUnion, random: Random): Promise<void> {
      for (const thorough of [false, true]) {
        const look = async (options: ScanOptions): Promise<unknown> => {
          // A thread that is stopped rather than told to end leaves its descriptors open.
          const open = readdirSync('/proc/self/fd').length;
          const found = scanFacts(await scan(union, { thorough, ...options }));
          expect(readdirSync('/proc/self/fd').length).toBe(open);
          return found;
        };
        const plain = await look({ threads: 1, ways: { lone: false, early: false } });
        for (const lone of [false, true])
          for (const early of [false, true])
            for (const threads of [1, 2]) {
              const near = random.pick([0, 1, 8, 100]);
              const ways = { lone, early, near, eager: threads === 2 };
              expect({ ways, found: await look({ threads, ways }) }).toEqual({ ways, found: plain });
            }
      }
    }
  },
);

/** A tree that the upper knows nothing of, as most of a real lower, with further names of the files at the root. */
function makeLone(lower: string, random: Random): void {
  const depths = [1, 2, 70, 150];
  for (const depth of depths) mkdirSync(join(lower, 'lone', ...down(depth), 'side'), { recursive: true });
  for (const name of readdirSync(lower)) {
    // Bytes that are no text come back from node as another name.
    if (lstatSync(join(lower, name), { throwIfNoEntry: false })?.isFile() !== true) continue;
    linkSync(join(lower, name), join(lower, 'lone', ...down(random.pick(depths)), 'side', name));
  }
}

const down = (depth: number): string[] => Array.from({ length: depth }, () => 'd');
