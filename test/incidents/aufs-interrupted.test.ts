import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { interpose } from '../../src/sys/seam.js';
import { systemCalls } from '../../src/sys/system-call.js';
import { AufsScene, disposeScenes } from '../support/aufs-scene.js';
import { describeKernel } from '../support/needs.js';
import { type Goal, runGoal } from '../support/restore-union.js';
import { tempDir } from '../support/temp-dir.js';
import { snapshot, type Tree, type TreeEntry } from '../support/tree.js';
import { differences } from '../support/tree-diff.js';

disposeScenes();

const TEXTS = [
  'the first group’s text\n',
  'of the second something else\n',
  'and a third with this in it\n',
] as const;
const GROUPS = [
  ['A', 'B', 'd/C', 'd/e/D'],
  ['P', 'd/Q'],
  ['x/R', 'x/S', 'y/T'],
] as const;
const OLD = 1_111_111_111_222_222_222n;

/** Three groups on two writable branches: two entries with missing names and directories, one with every name. */
function scene(parent: string): AufsScene {
  const made = new AufsScene(['rw', 'rw', 'ro'], parent);
  const [first, second, lower] = made.branches as [
    AufsScene['upper'],
    AufsScene['upper'],
    AufsScene['upper'],
  ];
  for (const [i, names] of GROUPS.entries()) made.file(lower, names, TEXTS[i] as string);
  mkdirSync(first.at(ascii('d')), { mode: 0o750 });
  made.file(first, ['A'], `${TEXTS[0]}more\n`);
  made.file(second, ['P'], `${TEXTS[1]}more\n`);
  made.file(second, GROUPS[2], `${TEXTS[2]}more\n`);
  made.plink('A', 11, first);
  made.plink('P', 12, second);
  made.plink('x/R', 13, second);
  for (const place of [first, second, lower]) place.setTimes(ascii(''), OLD, OLD);
  first.setTimes(ascii('d'), OLD + 1n, OLD + 2n);
  for (const path of ['x', 'y'] as Bytes[]) second.setTimes(path, OLD + 5n, OLD + 6n);
  for (const path of ['d/e', 'd', 'x', 'y'] as Bytes[]) lower.setTimes(path, OLD + 3n, OLD + 4n);
  return made;
}

class Killed extends Error {
  readonly code = 'KILLED' as const;
}

/** Runs a flush that ends before its effect number `last` + 1, as by a kill. */
async function runUntil(made: AufsScene, goal: Goal, last: number): Promise<{ readonly finished: boolean }> {
  let effects = 0;
  interpose(({ name }, proceed) => {
    if (systemCalls[name] !== 'effect') return proceed();
    if (effects >= last) throw new Killed();
    effects += 1;
    return proceed();
  });
  try {
    await runGoal(made.union, goal);
    return { finished: true };
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return { finished: false };
  } finally {
    interpose(undefined);
  }
}

/** Every entry's data has a name at every instant, and no name of a group shows anything but the old or the new text. */
function expectNothingLost(made: AufsScene): void {
  const view = made.view();
  for (const [i, names] of GROUPS.entries()) {
    const sizes = new Set(
      [TEXTS[i] as string, `${TEXTS[i]}more\n`].map((text) => String(Buffer.byteLength(text))),
    );
    for (const name of names) expect(sizes).toContain(view.get(name as Bytes)?.size);
    expect(names.some((name) => view.get(name as Bytes)?.branch !== 2)).toBe(true);
  }
}

// aufs' own directories get times of their own from what is made and removed in them.
const comparison = {
  ignore: ['inode', 'group', 'ctime', 'atime'],
  unless: (fact: string, { path, kind }: TreeEntry) =>
    fact === 'mtime' && (path.startsWith('.wh..wh.') || kind !== 'directory'),
} as const;

describeKernel('a flush that is stopped', ['root'], () => {
  test.each(['restore', 'flush'] as const)(
    '%s: stopped before any of its effects, the next run finishes it',
    async (goal) => {
      const directory = tempDir('stopped');
      try {
        const whole = scene(sub(directory.path, 'whole'));
        await runGoal(whole.union, goal);
        const wanted = whole.trees();
        for (let last = 0; ; last++) {
          const made = scene(sub(directory.path, `at${last}`));
          const { finished } = await runUntil(made, goal, last);
          expectNothingLost(made);
          await runGoal(made.union, goal);
          const lines = made
            .trees()
            .flatMap((tree, i) => differences(named(wanted[i] ?? []), named(tree), comparison));
          expect([last, lines]).toEqual([last, []]);
          if (finished) {
            expect(last).toBeGreaterThan(20);
            return;
          }
        }
      } finally {
        directory.dispose();
      }
    },
  );
});

/** Entries by the union's number alone: the other is the inode, which differs from copy to copy. */
function named(tree: Tree): Tree {
  return tree.map((entry) => ({
    ...entry,
    path: entry.path.replace(/^(\.wh\.\.wh\.plnk\/\d+)\.\d+$/, '$1') as Bytes,
  }));
}

function sub(root: string, name: string): string {
  const path = join(root, name);
  mkdirSync(path);
  return path;
}

test('a flush that is told to stop while it makes directories stops there, and the next run finishes it', async () => {
  const made = new AufsScene();
  const names = ['A', ...Array.from({ length: 600 }, (_, i) => `flat${i}/name`), 'deep/er/name'];
  made.file(made.lower, names, TEXTS[0]);
  made.file(made.upper, ['A'], `${TEXTS[0]}more\n`);
  made.plink('A');
  const stop = new AbortController();
  let directories = 0;
  interpose(({ name }, proceed) => {
    if (name === 'mkdirat') {
      directories += 1;
      if (directories === 10) stop.abort();
    }
    return proceed();
  });
  try {
    const todo = plan(await scan(made.union), 'flush');
    const outcome = await apply(todo, { breathMs: 0, signal: stop.signal });
    expect(outcome).toMatchObject({ stopped: true, linksRestored: 0, entriesRemoved: 0 });
    expect(directories).toBeLessThan(300);
    expect(outcome.directoriesMade).toBe(directories);
  } finally {
    interpose(undefined);
  }
  const { outcome } = await runGoal(made.union, 'flush');
  expect(outcome).toMatchObject({
    linksRestored: 601,
    entriesRemoved: 1,
    directoriesMade: 602 - directories,
  });
});

test('the trees are compared down to names, links, owners, modes and directory times', () => {
  const directory = tempDir('compared');
  try {
    const made = scene(sub(directory.path, 'one'));
    const before = snapshot(made.upper.root);
    made.upper.setTimes(ascii('d'), OLD, OLD);
    expect(differences(before, snapshot(made.upper.root), comparison)).toHaveLength(1);
  } finally {
    directory.dispose();
  }
});
