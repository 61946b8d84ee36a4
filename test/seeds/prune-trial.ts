import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { applyPrune } from '../../src/restore/prune/prune-apply.js';
import { pruneFacts } from '../../src/restore/prune/prune-facts.js';
import { prunePlan } from '../../src/restore/prune/prune-plan.js';
import { scan } from '../../src/scan/scan.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import { overlayUnion, whileMounted } from '../support/overlay-place.js';
import { layersOf, viewOf } from '../support/overlay-verifier.js';
import { Random } from '../support/random.js';
import type { RandomUnion } from '../support/random-union.js';
import { snapshot, type Tree } from '../support/tree.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';
import { onRandomUnion, type TrialPlace, withoutExport } from './trial.js';

/**
 * A prune with a rescue directory: the view stays, and every byte is somewhere.
 *
 * @returns entries that were pruned
 */
export async function pruneTrial(seed: number, place: TrialPlace): Promise<number> {
  const random = new Random(seed ^ 0x9a);
  const upper = random.pick(place.types);
  const roots = { upper, lower: random.pick(place.types), packed: undefined };
  let pruned = 0;
  await onRandomUnion(seed, place, roots, async (union, directories) => {
    // Half of the unions lose many names at last, some of them uncounted.
    if (random.chance(50)) removeSome(union, random);
    pruned = await expectHarmlessPrune(union, join(directories.upper, 'rescue'));
  });
  return pruned;
}

/** Kind, rights and content of every file: what must never be nowhere. */
const files = (tree: Tree): string[] =>
  tree
    .filter(({ kind }) => kind !== 'directory')
    .map(({ kind, mode, owner, mtime, size, content }) =>
      [kind, mode, owner, mtime, size, content].join(' '),
    );

function removeSome({ place, options }: RandomUnion, random: Random): void {
  for (const index of ['off', 'on'] as const) {
    const words = index === 'on' ? options : withoutExport(options);
    whileMounted(place, [`index=${index}`, ...words], (view) => {
      for (const { kind, path } of snapshot(view.root)) {
        if (kind !== 'directory' && random.chance(index === 'off' ? 30 : 80)) unlinkSync(view.at(path));
      }
    });
  }
}

async function expectHarmlessPrune({ place, options }: RandomUnion, rescue: string): Promise<number> {
  const indexed = ['index=on', ...options];
  const before = viewOf(place, indexed);
  const union = overlayUnion(place, indexed);
  const layers = layersOf(place);
  const found = await scan(union);
  const plan = prunePlan({
    scan: found,
    facts: await pruneFacts(found, new Map()),
    knownNames: new Map(),
    policy: { minAge: 0n, rescue: bytesFromText(rescue), withoutRescue: false },
    now: BigInt(Date.now()) * 1_000_000n + 1_000_000_000n,
  });
  const { entries } = await applyPrune(plan);
  const removed = entries.filter((entry) => entry.removed);

  const after = layersOf(place);
  expectSameTree(layers.lowers, after.lowers, { ignore: ['atime'] });
  const kept = new Set(files([...after.own, ...(removed.length > 0 ? snapshot(rescue) : [])]));
  expect(files(layers.own).filter((file) => !kept.has(file))).toEqual([]);
  for (const { entry } of removed) expect([entry.names, entry.missing]).toEqual([[], []]);
  const shown = viewOf(place, indexed);
  expect(shown.log.filter((line) => !before.log.includes(line))).toEqual([]);
  expectSameView(before.tree, shown.tree);
  return removed.length;
}
