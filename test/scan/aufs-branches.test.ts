import { chmodSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { AufsScene, disposeScenes } from '../support/aufs-scene.js';
import { runGoal, statesOf } from '../support/restore-union.js';
import { byPath, snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

disposeScenes();

const A = 'the text of the first group\n';
const B = 'something else for the second one\n';
const C = 'and a third group, of the middle branch\n';

/** Where a fresh mount finds each name: branch and number of links. */
function found(scene: AufsScene, ...names: readonly string[]): string[] {
  const view = scene.view();
  return names.map((name) => {
    const entry = view.get(name as Bytes);
    return entry === undefined ? `${name}: not shown` : `${name}: ${entry.branch}, ${entry.nlink} links`;
  });
}

describe('several writable branches', () => {
  /** rw1, rw2 and ro: `A` was copied up to rw1, `on2/p` to rw2, for only that one has the directory. */
  function threeBranches(): AufsScene {
    const scene = new AufsScene(['rw', 'rw', 'ro']);
    const [rw1, rw2, ro] = scene.branches as [AufsScene['upper'], AufsScene['upper'], AufsScene['upper']];
    scene.file(ro, ['A', 'B', 'on2/C', 'on1/deep/D'], A);
    scene.file(ro, ['on2/p', 'on1/q', 'on1/deep/r', 'new/s'], B);
    mkdirSync(rw1.at(ascii('on1')), { mode: 0o750 });
    mkdirSync(rw2.at(ascii('on2')), { mode: 0o700 });
    chmodSync(ro.at(ascii('new')), 0o711);
    scene.file(rw1, ['A'], `${A}more\n`);
    scene.file(rw2, ['on2/p'], `${B}more\n`);
    scene.plink('A', 11, rw1);
    scene.plink('on2/p', 12, rw2);
    return scene;
  }

  test('every name goes to the branch that holds its entry, with the directories it needs', async () => {
    const scene = threeBranches();
    const [ro, kept] = [snapshot(scene.lower.root), byPath(snapshot(scene.upper.root))];
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved, outcome.entriesKept]).toEqual([6, 2, 0]);
    expect(found(scene, 'A', 'B', 'on2/C', 'on1/deep/D')).toEqual([
      'A: 0, 4 links',
      'B: 0, 4 links',
      'on2/C: 0, 4 links',
      'on1/deep/D: 0, 4 links',
    ]);
    expect(found(scene, 'on2/p', 'on1/q', 'on1/deep/r', 'new/s')).toEqual([
      'on2/p: 1, 4 links',
      'on1/q: 1, 4 links',
      'on1/deep/r: 1, 4 links',
      'new/s: 1, 4 links',
    ]);
    // A directory is made as the topmost branch that has it shows it.
    const [rw1, rw2] = scene.branches.map(({ root }) => byPath(snapshot(root)));
    expect([
      rw1?.get(ascii('on2'))?.mode,
      rw2?.get(ascii('on1'))?.mode,
      rw2?.get(ascii('new'))?.mode,
    ]).toEqual(['0700', '0750', '0711']);
    expect(rw1?.get(ascii('on1'))?.mtime).toBe(kept.get(ascii('on1'))?.mtime);
    expectSameTree(ro, snapshot(scene.lower.root));
  });

  test('a second run changes nothing', async () => {
    const scene = threeBranches();
    await runGoal(scene.union, 'flush');
    const done = scene.trees();
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([0, 0]);
    for (const [i, tree] of scene.trees().entries()) expectSameTree(done[i] ?? [], tree);
  });

  test('a name that a higher writable branch covers or removed is not linked below', async () => {
    const scene = threeBranches();
    const [rw1, rw2] = scene.branches as [AufsScene['upper'], AufsScene['upper']];
    scene.file(rw1, ['on1/deep/r'], 'a new file\n');
    scene.white('new/s', rw1);
    const { found: scan } = await runGoal(scene.union, 'flush');
    expect(statesOf(scan)).toContainEqual(['restorable', 'on1/q']);
    expect(found(scene, 'on2/p', 'on1/q', 'on1/deep/r', 'new/s')).toEqual([
      'on2/p: 1, 2 links',
      'on1/q: 1, 2 links',
      'on1/deep/r: 0, 1 links',
      'new/s: not shown',
    ]);
    expect(byPath(snapshot(rw2.root)).has(ascii('on1/deep'))).toBe(false);
  });

  test('entries of two branches that claim one lower file are kept', async () => {
    const scene = threeBranches();
    const [, rw2] = scene.branches as [AufsScene['upper'], AufsScene['upper']];
    scene.file(rw2, ['on2/C'], `${A}other\n`);
    scene.plink('on2/C', 13, rw2);
    const { outcome } = await runGoal(scene.union, 'flush');
    expect([outcome.linksRestored, outcome.entriesRemoved, outcome.entriesKept]).toEqual([3, 1, 2]);
  });

  test('a group of hardlinks that was made on the lower writable branch needs no entry and gets none', async () => {
    const scene = threeBranches();
    const [, rw2] = scene.branches as [AufsScene['upper'], AufsScene['upper']];
    scene.file(rw2, ['own1', 'on2/own2'], C);
    await runGoal(scene.union, 'flush');
    expect(found(scene, 'own1', 'on2/own2')).toEqual(['own1: 1, 2 links', 'on2/own2: 1, 2 links']);
  });
});

describe('kinds of branches', () => {
  test('two lower branches: the topmost file under a name is its origin', async () => {
    const scene = new AufsScene(['rw', 'ro', 'ro']);
    const [upper, middle, bottom] = scene.branches as [
      AufsScene['upper'],
      AufsScene['upper'],
      AufsScene['upper'],
    ];
    scene.file(bottom, ['A', 'B', 'd/E'], A);
    scene.file(middle, ['A', 'd/F'], C);
    scene.file(upper, ['A'], `${C}more\n`);
    scene.plink('A');
    await runGoal(scene.union, 'flush');
    expect(found(scene, 'A', 'd/F', 'B', 'd/E')).toEqual([
      'A: 0, 2 links',
      'd/F: 0, 2 links',
      'B: 2, 3 links',
      'd/E: 2, 3 links',
    ]);
  });

  test('a lower name that a middle branch covers is not of the group', async () => {
    const scene = new AufsScene(['rw', 'ro', 'ro']);
    const [upper, middle, bottom] = scene.branches as [
      AufsScene['upper'],
      AufsScene['upper'],
      AufsScene['upper'],
    ];
    scene.file(bottom, ['A', 'B', 'd/E'], A);
    scene.file(middle, ['B'], C);
    scene.file(upper, ['A'], `${A}more\n`);
    scene.plink('A');
    await runGoal(scene.union, 'flush');
    expect(found(scene, 'A', 'B', 'd/E')).toEqual(['A: 0, 2 links', 'B: 1, 1 links', 'd/E: 0, 2 links']);
  });

  test.each(['ro', 'ro+wh'])(
    'whiteouts and opaque marks of a middle branch that is =%s',
    async (permission) => {
      const scene = new AufsScene(['rw', permission, 'ro']);
      const [upper, middle, bottom] = scene.branches as [
        AufsScene['upper'],
        AufsScene['upper'],
        AufsScene['upper'],
      ];
      scene.file(bottom, ['A', 'B', 'C', 'op/D', 'gone/E'], A);
      scene.white('B', middle);
      scene.white('gone', middle);
      scene.file(middle, ['op/.wh..wh..opq'], '', 0o444);
      scene.file(upper, ['A'], `${A}more\n`);
      scene.plink('A');
      const { found: scan, outcome } = await runGoal(scene.union, 'flush');
      const honoured = permission === 'ro+wh';
      expect(statesOf(scan)).toEqual([
        honoured ? ['restorable', 'C'] : ['restorable', 'B', 'C', 'gone/E', 'op/D'],
      ]);
      expect(outcome.entriesRemoved).toBe(1);
    },
  );

  test('rw+nolwh: whiteouts of their own inode hide as well', async () => {
    const scene = new AufsScene(['rw+nolwh', 'ro']);
    scene.file(scene.lower, ['A', 'B', 'C'], A);
    scene.file(scene.upper, ['A'], `${A}more\n`);
    writeFileSync(scene.upper.at(ascii('.wh.B')), '', { mode: 0o444 });
    scene.plink('A');
    await runGoal(scene.union, 'flush');
    expect(found(scene, 'A', 'B', 'C')).toEqual(['A: 0, 2 links', 'B: not shown', 'C: 0, 2 links']);
  });

  test('whiteouts that are links of aufs’ base file stay links of it', async () => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['A', 'B', 'C'], A);
    scene.file(scene.upper, ['A'], `${A}more\n`);
    linkSync(scene.upper.at(ascii('.wh..wh.aufs')), scene.upper.at(ascii('.wh.B')));
    scene.plink('A');
    await runGoal(scene.union, 'flush');
    expect(byPath(snapshot(scene.upper.root)).get(ascii('.wh.B'))?.nlink).toBe('2');
    expect(found(scene, 'A', 'B', 'C')).toEqual(['A: 0, 2 links', 'B: not shown', 'C: 0, 2 links']);
  });

  test('branches without a plink directory, and without any of aufs’ own, have nothing to flush', async () => {
    const scene = new AufsScene(['ro', 'ro']);
    scene.file(scene.lower, ['A', 'B'], A);
    const union = {
      ...scene.union,
      branches: scene.union.branches.map((each, i) => (i === 0 ? { ...each, role: 'upper' as const } : each)),
    };
    const { outcome } = await runGoal(union, 'flush');
    expect(outcome.entries).toEqual([]);
  });
});
