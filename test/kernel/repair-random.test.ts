import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type FileSystems, mountFileSystems, type ScratchType } from '../support/file-systems.js';
import { describeKernel } from '../support/needs.js';
import { layersOf, viewOf } from '../support/overlay-verifier.js';
import { Random } from '../support/random.js';
import { buildRandomUnion, type RandomUnion } from '../support/random-union.js';
import { keepingEveryByte, overlayWords, runRepair, troubles } from '../support/repair-run.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const types: readonly ScratchType[] = ['ext4', 'xfs', 'btrfs', 'tmpfs'];
// PLINKCTL_SEED runs one seed again; PLINKCTL_SEEDS says how many.
const { PLINKCTL_SEED, PLINKCTL_SEEDS } = process.env;
const first = Number(PLINKCTL_SEED ?? 1);
const seeds = Array.from(
  { length: PLINKCTL_SEED === undefined ? Number(PLINKCTL_SEEDS ?? 25) : 1 },
  (_, i) => first + i,
);

describeKernel('repair of random unions', ['root', 'loop', 'kmsg', 'overlay', ...types], () => {
  let fileSystems: FileSystems;
  beforeAll(() => {
    fileSystems = mountFileSystems(types);
  });
  afterAll(() => fileSystems?.dispose());

  test.each(seeds)('seed %i: what is safe changes nothing that anybody sees', async (seed) => {
    const type = new Random(seed ^ 0x12e9).pick(types);
    const roots = {
      upper: fileSystems.directory(type, `repaired${seed}`),
      lower: fileSystems.directory(type, `below${seed}`),
      packed: undefined,
    };
    let union: RandomUnion | undefined;
    try {
      union = buildRandomUnion(seed, roots);
      await expectSafe(union);
    } finally {
      union?.dispose();
      fileSystems.clear(roots.upper);
      fileSystems.clear(roots.lower);
    }
  });
});

async function expectSafe({ place, options }: RandomUnion): Promise<void> {
  const indexed = ['index=on', ...options];
  const words = overlayWords(place, indexed);
  const before = viewOf(place, indexed);
  const found = await runRepair(['check', ...words]);
  const done = await keepingEveryByte(place, '', () => runRepair(['repair', '-y', ...words]));
  // Of the rest each needs a decision.
  const safe = found.findings.filter((finding) => finding.safe && finding.severity !== 'note');
  expect(troubles(done)).toHaveLength(troubles(found).length - safe.length);
  expect(done.repairs.filter((each) => !each.done && each.reason === null)).toEqual([]);
  expect(done.findings.filter(({ code }) => code === 'wrong-nlink')).toEqual([]);
  const settled = layersOf(place);
  await runRepair(['repair', '-y', ...words]);
  expectSameTree(settled.own, layersOf(place).own);
  const after = viewOf(place, indexed);
  expect(after.log.filter((line) => !before.log.includes(line))).toEqual([]);
  expectSameView(before.tree, after.tree);
}
