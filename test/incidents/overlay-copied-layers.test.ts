import { mkdirSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import { ascii } from '../../src/sys/bytes.js';
import { command } from '../support/command.js';
import { packLoopImage } from '../support/loop-image.js';
import { append, commonLower, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { layersOf, viewOf } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import type { Goal } from '../support/restore-union.js';
import { runGoal, statesOf } from '../support/restore-union.js';
import { expectSameTree } from '../support/tree-diff.js';

const INDEX = ['index=on'];
const goals: readonly Goal[] = ['restore', 'flush'];

/** Runs it and expects that nothing at all was changed, and that it was not silent about it. */
async function expectRefused(
  place: OverlayPlace,
  goal: Goal,
  options: readonly string[] = INDEX,
): Promise<void> {
  const before = layersOf(place);
  let told = '';
  try {
    const found = await scan(overlayUnion(place, options));
    const work = plan(found, goal);
    const outcome = await apply(work);
    expect([outcome.linksRestored, outcome.entriesRemoved, outcome.directoriesMade]).toEqual([0, 0, 0]);
    const errors = found.findings.filter(({ severity }) => severity === 'error' || severity === 'danger');
    told = [
      ...errors.map(({ message }) => message),
      ...work.kept.filter((k) => k.attention).map((k) => k.reason),
    ].join();
  } catch (error) {
    expect(error).toMatchObject({ name: 'Problem', kind: 'operational' });
    told = (error as Error).message;
  }
  expect(told).not.toBe('');
  const after = layersOf(place);
  expectSameTree([...before.own, ...before.lowers], [...after.own, ...after.lowers]);
}

const copy = (from: string, to: string): void => void command('cp', '-a', from, to);

describeIncidents('layers that are not what they were', ['ext4'], (directory) => {
  test.each(goals)('lower-copied: %s refuses, for every entry would look like an orphan', async (goal) => {
    const root = directory();
    const place = overlayWith(root);
    renameSync(join(root, 'lower'), join(root, 'moved'));
    copy(join(root, 'moved'), join(root, 'lower'));
    expect(() => viewOf(place, INDEX)).toThrow(/ESTALE|stale/);
    await expectRefused(place, goal);
  });

  test.each(goals)('wrong-lower-given: %s refuses', async (goal) => {
    const root = directory();
    const place = overlayWith(root);
    const other = join(root, 'other');
    mkdirSync(other);
    commonLower(new Place(other));
    await expectRefused({ ...place, lowers: [other] }, goal);
  });

  test.each(goals)('lowers-in-another-order: %s refuses', async (goal) => {
    const root = directory();
    const [top, bottom] = [join(root, 'top'), join(root, 'bottom')];
    const place = overlayPlace(root, [top, bottom]);
    commonLower(new Place(bottom));
    whileMounted(place, INDEX, (view) => append(view, 'A'));
    await expectRefused({ ...place, lowers: [bottom, top] }, goal);
  });

  test.each(goals)('upper-copied-elsewhere: %s refuses', async (goal) => {
    const root = directory();
    const place = overlayWith(root);
    renameSync(place.upper, join(root, 'moved'));
    copy(join(root, 'moved'), place.upper);
    expect(() => viewOf(place, INDEX)).toThrow(/ESTALE|stale/);
    await expectRefused(place, goal);
  });

  test.each(goals)('volatile-mount-not-ended-cleanly: %s refuses, its data may be torn', async (goal) => {
    const place = overlayWith(directory());
    mkdirSync(join(place.work, 'work/incompat/volatile'), { recursive: true });
    expect(() => viewOf(place, INDEX)).toThrow(/EINVAL|invalid/);
    await expectRefused(place, goal);
  });

  test('lower-on-another-file-system-left-out: entries of a file system that is not given are foreign', async () => {
    const root = directory();
    const source = join(root, 'source');
    mkdirSync(source);
    commonLower(new Place(source));
    const image = packLoopImage('erofs', source);
    try {
      const top = join(root, 'top');
      const place = overlayPlace(root, [top, image.mountpoint]);
      whileMounted(place, INDEX, (view) => append(view, 'A'));
      const before = layersOf(place);
      const { found, outcome } = await runGoal(overlayUnion({ ...place, lowers: [top] }, INDEX), 'flush');
      expect(found.entries.map(({ state }) => state)).not.toContain('orphan');
      expect(outcome.entriesRemoved).toBe(0);
      expectSameTree(before.own, layersOf(place).own);
    } finally {
      image.dispose();
    }
  });
});

describeIncidents('uppers copied without their hardlinks', ['ext4'], (directory) => {
  test.each(goals)(
    'detached-twin: %s keeps both contents and says which name left the group',
    async (goal) => {
      const place = overlayWith(directory());
      const file = join(place.upper, 'A');
      copy(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
      const before = viewOf(place, INDEX);
      const checked = await scan(overlayUnion(place, INDEX), { thorough: true });
      expect(statesOf(checked)).toEqual([['restorable', 'B', 'd/C']]);
      await runGoal(overlayUnion(place, INDEX), goal);
      expect(
        checked.findings.filter(({ severity }) => severity !== 'note').map(({ path }) => path),
      ).toContain('A');
      const after = viewOf(place, INDEX);
      expect(after.log).toEqual([]);
      expect(after.tree.map(({ content }) => content)).toEqual(before.tree.map(({ content }) => content));
    },
  );

  test.each(goals)('index-removed-by-hand: %s does nothing, and the finding names the file', async (goal) => {
    const place = overlayWith(directory());
    rmSync(join(place.work, 'index'), { recursive: true });
    mkdirSync(join(place.work, 'index'), 0o000);
    const before = layersOf(place);
    const checked = await scan(overlayUnion(place, INDEX), { thorough: true });
    await runGoal(overlayUnion(place, INDEX), goal);
    expect(checked.findings.filter(({ severity }) => severity !== 'note').map(({ path }) => path)).toContain(
      'A',
    );
    expectSameTree(before.own, layersOf(place).own);
  });
});

describeIncidents('sessions with index=off', ['ext4'], (directory) => {
  test.each(goals)(
    'index-off-broke-a-group: %s leaves both contents, and the finding says so',
    async (goal) => {
      const place = overlayWith(directory(), {
        options: ['index=off'],
        session(view) {
          append(view, 'A');
          append(view, 'd/C', 'Y\n');
        },
      });
      const before = layersOf(place);
      const checked = await scan(overlayUnion(place, ['index=off']), { thorough: true });
      expect(checked.entries).toEqual([]);
      expect(checked.findings).not.toEqual([]);
      await runGoal(overlayUnion(place, ['index=off']), goal);
      expectSameTree(before.own, layersOf(place).own);
    },
  );

  test.each(goals)('index-off-between: %s joins only the names that are still in the group', async (goal) => {
    const place = overlayWith(directory());
    whileMounted(place, ['index=off'], (view) => {
      append(view, 'B', 'its own way\n');
      unlinkSync(view.at(ascii('A')));
    });
    const before = viewOf(place, INDEX);
    const { found } = await runGoal(overlayUnion(place, INDEX), goal);
    expect(statesOf(found)).toContainEqual(['restorable', 'd/C']);
    expect(viewOf(place, INDEX).tree.map(({ content, mtime }) => [content, mtime])).toEqual(
      before.tree.map(({ content, mtime }) => [content, mtime]),
    );
  });
});
