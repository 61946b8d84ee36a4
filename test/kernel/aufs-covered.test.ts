import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { ascii } from '../../src/sys/bytes.js';
import { interpose } from '../../src/sys/seam.js';
import { AufsScene, disposeScenes } from '../support/aufs-scene.js';
import { command } from '../support/command.js';
import { describeKernel } from '../support/needs.js';
import { runGoal, statesOf } from '../support/restore-union.js';
import { expectSameTree } from '../support/tree-diff.js';
import { unmount } from '../support/unmount.js';

const TEXT = 'the text of the group\n';

disposeScenes();

describeKernel('a file that is mounted over a name of an aufs branch', ['root'], () => {
  const covered: string[] = [];
  afterEach(() => {
    interpose(undefined);
    for (const path of covered.splice(0)) unmount(path);
  });

  /** `A` was copied up; the lower has `A`, `B` and `d/C`, of which `names` are covered. */
  function scene(names: readonly string[]): AufsScene {
    const aufs = new AufsScene();
    aufs.file(aufs.lower, ['A', 'B', 'd/C'], TEXT);
    aufs.file(aufs.upper, ['A'], `${TEXT}more\n`);
    aufs.plink('A');
    writeFileSync(join(aufs.lower.root, '../other'), 'of another file\n');
    for (const name of names) {
      const path = aufs.lower.at(ascii(name)).toString();
      command('mount', '--bind', join(aufs.lower.root, '../other'), path);
      covered.push(path);
    }
    return aufs;
  }

  const unprivileged = (): void =>
    // CAP_SYS_ADMIN is missing, or the branches are another mount namespace's.
    interpose((call, proceed) => (call.name === 'open_tree' ? -1 : proceed()));

  test.each([[['B']], [['A']], [['B', 'd/C']], [['A', 'B', 'd/C']]])(
    'without the privilege to look under it nothing goes: %j',
    async (names) => {
      const aufs = scene(names);
      const before = aufs.trees();
      unprivileged();
      const { found, outcome } = await runGoal(aufs.union, 'flush');
      interpose(undefined);
      expect(found.unreadable.map(({ path, code }) => [path, code])).toEqual(
        expect.arrayContaining([[names.includes('A') ? 'A' : names[0], 'EXDEV']]),
      );
      expect([found.entries.map(({ state }) => state), outcome.entriesRemoved]).toEqual([['ambiguous'], 0]);
      for (const [i, tree] of aufs.trees().entries()) {
        expectSameTree(before[i] ?? [], tree, { ignore: ['atime'] });
      }
    },
  );

  test('with it the names below are found', async () => {
    const { union } = scene(['B']);
    const { found, outcome } = await runGoal(union, 'flush');
    expect([statesOf(found), outcome.entriesRemoved]).toEqual([[['restorable', 'B', 'd/C']], 1]);
  });

  test('where nothing is covered the privilege is not needed', async () => {
    const { union } = scene([]);
    unprivileged();
    const { found, outcome } = await runGoal(union, 'flush');
    expect([statesOf(found), outcome.entriesRemoved]).toEqual([[['restorable', 'B', 'd/C']], 1]);
  });
});
