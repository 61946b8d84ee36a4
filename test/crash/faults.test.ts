import { expect, test } from '@jest/globals';
import { closeLeftOpen } from '../support/left-open.js';
import type { Goal } from '../support/restore-union.js';
import { type MainResult, runMain } from '../support/run-main.js';
import type { Tree } from '../support/tree.js';
import { describeCrash, FULL } from './bench.js';
import { countCalls, errors, type Fault, withFault } from './faults.js';
import { finishedTree, unfinishedBy } from './finished.js';
import { tally } from './tally.js';
import { type UnionImage, when, withoutStrangersLog } from './union-image.js';

const goals: readonly Goal[] = ['restore', 'flush'];
const EVERY = FULL ? 7 : 53;

describeCrash('faults', 'ext4', [], (union) => {
  test.each(goals.flatMap((goal) => [false, true].map((lasting) => ({ goal, lasting }))))(
    '$goal with every call failing in its turn (every later change too: $lasting)',
    async ({ goal, lasting }) => {
      const finished = await union().finished(goal);
      const calls = await union().on(() => countCalls(() => runMain(goal, ...union().words)));
      const wrong: string[] = [];
      let trials = 0;
      for (let number = 0; number < calls; number += 1) {
        for (const [i, error] of errors.entries()) {
          if ((number * errors.length + i) % EVERY !== 0) continue;
          trials += 1;
          const fault = { number, error, lasting };
          wrong.push(...(await withoutStrangersLog(() => tryFault(union(), goal, finished, fault))));
        }
      }
      tally('faults', `${goal}${lasting ? ', lasting' : ''}`, { calls, trials });
      expect(wrong).toEqual([]);
    },
    FULL ? 3_600_000 : 180_000,
  );
});

function tryFault(union: UnionImage, goal: Goal, finished: Tree, fault: Fault): Promise<string[]> {
  return union.on(async () => {
    const { result, what } = await withFault(fault, () => runMain(goal, ...union.words));
    const complete = result.code === 0 ? unfinishedBy(finished, finishedTree(union.place)) : [];
    // Who may not set times, or open without an access time, leaves those as they become.
    const owed = (line: string): boolean => fault.error !== 'EPERM' || !/: [am]time: /.test(line);
    const lines = [
      ...misbehaviour(result),
      ...when('left open', closeLeftOpen(union.mountpoint)),
      ...when('exit 0', complete),
      ...when('lost', union.losses()),
      ...when('rerun', await union.finish(goal, finished)),
    ];
    const wrong = lines.filter(owed);
    return wrong.length === 0 ? [] : [`${what}:`, ...wrong];
  });
}

/** What no failure of the system may make of the program. */
function misbehaviour({ code, out, err }: MainResult): string[] {
  const lines: string[] = [];
  if (![0, 4, 8, 75].includes(code)) lines.push(`exit ${code}`);
  if (/fault of plinkctl|internal|\n\s+at /.test(err + out)) lines.push(`an internal error: ${err}`);
  if (code === 8 && err === '') lines.push('exit 8 without a word');
  if (code === 4 && out + err === '') lines.push('exit 4 without a word');
  return lines;
}
