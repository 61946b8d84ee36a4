import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { closeLeftOpen } from '../support/left-open.js';
import { mountsBelow } from '../support/mountinfo.js';
import type { Goal } from '../support/restore-union.js';
import { type MainResult, runMain } from '../support/run-main.js';
import { snapshot, type Tree } from '../support/tree.js';
import { differences } from '../support/tree-diff.js';
import { unmount } from '../support/unmount.js';
import { describeCrash, FULL } from './bench.js';
import { countCalls, interposed } from './faults.js';
import { type Act, acts, buildOutside } from './hostile.js';
import { tally } from './tally.js';
import type { UnionImage } from './union-image.js';

const goals: readonly Goal[] = ['restore', 'flush'];
const EVERY = FULL ? 7 : 67;

describeCrash('hostile acts', 'ext4', [], (union) => {
  test.each(Object.keys(acts).flatMap((name) => goals.map((goal) => ({ name, goal }))))(
    '$goal while $name',
    async ({ name, goal }) => {
      const calls = await union().on(() => countCalls(() => runMain(goal, ...union().words)));
      const wrong: string[] = [];
      let trials = 0;
      // Acts of one test begin at different calls, so that all tests together meet more of them.
      const first = Object.keys(acts).indexOf(name) % EVERY;
      for (let number = first; number < calls; number += EVERY) {
        trials += 1;
        const lines = await union().on(() => attack(union(), goal, acts[name] as Act, number));
        if (lines.length > 0) wrong.push(`at call ${number}:`, ...lines);
      }
      tally('hostile acts', `${goal}: ${name}`, { calls, trials });
      expect(wrong).toEqual([]);
    },
    FULL ? 1_800_000 : 180_000,
  );
});

async function attack(union: UnionImage, goal: Goal, act: Act, number: number): Promise<string[]> {
  const root = union.mountpoint;
  const outside = buildOutside(root);
  const before = snapshot(outside);
  const data = contentsOf(root);
  let calls = 0;
  let what = '';
  const result = await interposed(
    ({ name, path }, proceed) => {
      if (calls === number) {
        what = `${name} ${path}`;
        tryTo(() => act(root));
      }
      calls += 1;
      return proceed();
    },
    () => runMain(goal, ...union.words),
  );
  for (const mounted of mountsBelow(root)) if (mounted !== root) unmount(mounted);
  const left = closeLeftOpen(root).map((path) => `left open: ${path}`);
  const lines = [
    ...differences(before, snapshot(outside)).map((line) => `outside: ${line}`),
    ...linkedIn(before, root),
    ...misbehaviour(result),
    ...left,
  ];
  const now = contentsOf(root);
  for (const content of data) if (!now.has(content)) lines.push(`lost: ${content}`);
  return lines.length === 0 ? [] : [what, ...lines];
}

/** What is not there yet, or not any more, cannot be abused. */
function tryTo(act: () => void): void {
  try {
    act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

/** Data of the branches' files; a file that is metadata alone has none yet. */
function contentsOf(root: string): Set<string> {
  const trees = ['upper', 'work/index', 'lower'].flatMap((part) => snapshot(join(root, part)));
  return new Set(
    trees
      .filter(({ kind, xattrs }) => kind === 'file' && !xattrs.includes('overlay.metacopy'))
      .map(({ content }) => content),
  );
}

function linkedIn(outside: Tree, root: string): string[] {
  const inodes = new Set(outside.map(({ inode }) => inode));
  return ['upper', 'work', 'lower']
    .flatMap((part) => snapshot(join(root, part)))
    .filter(({ inode }) => inodes.has(inode))
    .map(({ path }) => `linked in: ${path}`);
}

function misbehaviour({ code, out, err }: MainResult): string[] {
  const lines: string[] = [];
  if (![0, 4, 8, 75].includes(code)) lines.push(`exit ${code}`);
  if (/fault of plinkctl|internal|\n\s+at /.test(err + out)) lines.push(`an internal error: ${err}`);
  if (code !== 0 && out + err === '') lines.push(`exit ${code} without a word`);
  return lines;
}
