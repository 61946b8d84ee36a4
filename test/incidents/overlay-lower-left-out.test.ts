import { appendFileSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { scan } from '../../src/scan/scan.js';
import { ascii } from '../../src/sys/bytes.js';
import { describeIncidents } from '../support/overlay-incident.js';
import { overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { layersOf, viewOf } from '../support/overlay-verifier.js';
import { type Goal, runGoal } from '../support/restore-union.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const INDEX = ['index=on'];
const goals: readonly Goal[] = ['restore', 'flush'];

describeIncidents('a second lower', ['ext4'], (directory) => {
  test.each(goals)('second-lower-left-out: %s keeps entries of a lower that was not given', async (goal) => {
    const root = directory();
    const lowers = [join(root, 'lower1'), join(root, 'lower2')];
    const place = overlayPlace(root, lowers);
    writeFileSync(join(lowers[0] ?? '', 'other'), 'other\n');
    writeFileSync(join(lowers[1] ?? '', 'A'), 'old\n');
    linkSync(join(lowers[1] ?? '', 'A'), join(lowers[1] ?? '', 'B'));
    whileMounted(place, INDEX, (view) => appendFileSync(view.at(ascii('A')), 'new\n'));
    const view = viewOf(place, INDEX).tree;
    const before = layersOf(place);

    const partial = { ...place, lowers: lowers.slice(0, 1) };
    const { found, outcome } = await runGoal(overlayUnion(partial, INDEX), goal);

    expect(found.entries.map(({ state }) => state)).toEqual(['foreign']);
    expect(outcome.entriesRemoved).toBe(0);
    expect(outcome.entries.some(({ attention }) => attention)).toBe(true);
    const after = layersOf(place);
    expectSameTree([...before.own, ...before.lowers], [...after.own, ...after.lowers]);
    expectSameView(view, viewOf(place, INDEX).tree);
  });

  test('second-lower-left-out: a check tells of the names of a group that are in none of the given lowers', async () => {
    const root = directory();
    const lowers = ['lower1', 'lower2', 'lower3'].map((name) => join(root, name));
    const place = overlayPlace(root, lowers);
    writeFileSync(join(lowers[1] ?? '', 'A'), 'old\n');
    linkSync(join(lowers[1] ?? '', 'A'), join(lowers[1] ?? '', 'B'));
    linkSync(join(lowers[1] ?? '', 'A'), join(lowers[2] ?? '', 'C'));
    whileMounted(place, INDEX, (view) => appendFileSync(view.at(ascii('A')), 'new\n'));
    const notes = async (given: readonly string[]): Promise<string[]> => {
      const { findings } = await scan(overlayUnion({ ...place, lowers: given }, INDEX), { thorough: true });
      return findings
        .filter(({ code }) => code === 'names-elsewhere')
        .map(({ severity, message }) => `${severity}: ${message}`);
    };
    expect(await notes(lowers)).toEqual([]);
    expect(await notes(lowers.slice(0, 2))).toEqual([
      'note: its lower file has one more name, in none of the given lowers',
    ]);
  });

  test.each(goals)('lower-names-hidden: %s knows a file whose directory was made anew', async (goal) => {
    const root = directory();
    const place = overlayPlace(root);
    const [lower = ''] = place.lowers;
    mkdirSync(join(lower, 'd'));
    writeFileSync(join(lower, 'd/A'), 'old\n');
    linkSync(join(lower, 'd/A'), join(lower, 'd/B'));
    whileMounted(place, INDEX, (view) => {
      appendFileSync(view.at(ascii('d/A')), 'new\n');
      linkSync(view.at(ascii('d/A')), view.at(ascii('kept')));
      rmSync(view.at(ascii('d')), { recursive: true });
      mkdirSync(view.at(ascii('d')));
    });
    const view = viewOf(place, INDEX).tree;
    const { found, outcome } = await runGoal(overlayUnion(place, INDEX), goal);
    expect(found.entries.filter(({ state }) => state !== 'temporary').map(({ state }) => state)).toEqual([
      'complete',
    ]);
    expect(outcome.entriesRemoved).toBe(goal === 'flush' ? 1 : 0);
    expectSameView(view, viewOf(place, INDEX).tree);
  });
});
