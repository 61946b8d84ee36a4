import { expect } from '@jest/globals';
import { layersOf, viewOf } from '../support/overlay-verifier.js';
import { Random } from '../support/random.js';
import type { RandomUnion } from '../support/random-union.js';
import { keepingEveryByte, overlayWords, runRepair, troubles } from '../support/repair-run.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';
import { onRandomUnion, type Trial } from './trial.js';

/** What `repair -y` does changes nothing that anybody sees. */
export const repairTrial: Trial = (seed, place) => {
  const type = new Random(seed ^ 0x12e9).pick(place.types);
  return onRandomUnion(seed, place, { upper: type, lower: type, packed: undefined }, expectSafe);
};

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
