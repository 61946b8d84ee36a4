import { expect } from '@jest/globals';
import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import type { ScratchType } from '../support/file-systems.js';
import { overlayUnion } from '../support/overlay-place.js';
import { expectUsable } from '../support/overlay-use.js';
import { indexNames, layersOf, viewOf, wrongLinkCounts } from '../support/overlay-verifier.js';
import { Random } from '../support/random.js';
import type { RandomUnion } from '../support/random-union.js';
import { type Goal, runGoal } from '../support/restore-union.js';
import { afterReading, expectSameTree, expectSameView } from '../support/tree-diff.js';
import { onRandomUnion, type Trial, withoutExport } from './trial.js';

/** What a seed decides beside the union's own numbers, so that one seed can be tried on another file system. */
export function offlineCircumstances(seed: number, types: readonly ScratchType[]) {
  const random = new Random(seed ^ 0x5eed);
  const goal = random.pick(['restore', 'flush'] as const);
  const upper = random.pick(types);
  const lower = random.chance(75) ? upper : random.pick(types);
  const packed = random.chance(8) ? random.pick(['squashfs', 'erofs'] as const) : undefined;
  return { goal, upper, lower, packed };
}

/** Restore or flush of an unmounted overlay, compared with what the kernel shows before and after. */
export const offlineTrial: Trial = (seed, place) => {
  const { goal, ...roots } = offlineCircumstances(seed, place.types);
  return onRandomUnion(seed, place, roots, (union) => expectRightRun(union, goal));
};

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
  expectSameView(before.tree, viewOf(place, ['index=off', ...withoutExport(options)]).tree);

  expectUsable(place, indexed, found);
  const rescan = await scan(union, { thorough: true });
  expect(wrongLinkCounts(viewOf(place, indexed).tree, rescan.entries, place)).toEqual([]);
}
