import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import { bundle } from '../support/bundle.js';
import { overlayUnion } from '../support/overlay-place.js';
import type { Goal } from '../support/restore-union.js';
import { runMain } from '../support/run-main.js';
import type { Tree } from '../support/tree.js';
import { describeCrash, FULL } from './bench.js';
import { indexed } from './crash-scene.js';
import { eachEffect } from './effects.js';
import { finishedTree, unfinishedBy } from './finished.js';
import { tally } from './tally.js';
import { type UnionImage, when, withoutStrangersLog } from './union-image.js';

const goals: readonly Goal[] = ['restore', 'flush'];
const signals = ['SIGKILL', 'SIGTERM', 'SIGINT'] as const;
type Signal = (typeof signals)[number];

/** Exit status of a stop; 0 for a run that was over before the signal was looked at. */
const stops: Readonly<Record<Signal, readonly (number | null)[]>> = {
  SIGKILL: [null],
  SIGTERM: [143, 0],
  SIGINT: [130, 0],
};
const strides: Readonly<Record<Signal, number>> = { SIGKILL: 6, SIGTERM: 24, SIGINT: 24 };

// A killed process cannot remove the empty directories of its question whether the upper is in use.
const OWN_SCRATCH = 'mount -t tmpfs tmpfs /dev/shm && exec "$@"';

describeCrash('kills', 'ext4', [], (union, directory) => {
  let driver: string;

  beforeAll(async () => {
    // The program reads its version from the directory above.
    mkdirSync(join(directory(), 'program'));
    writeFileSync(join(directory(), 'package.json'), '{"version":"0.0.0","type":"module"}');
    driver = join(directory(), 'program', 'driver.mjs');
    await bundle(fileURLToPath(new URL('kill-driver-main.ts', import.meta.url)), driver);
  });

  test.each(goals.flatMap((goal) => signals.map((signal) => ({ goal, signal }))))(
    '$signal after every effect of $goal',
    async ({ goal, signal }) => {
      const finished = await union().finished(goal);
      let effects = 0;
      await union().on(() =>
        eachEffect(
          (_, n) => (effects = n),
          () => runMain(goal, ...union().words),
        ),
      );
      const wrong: string[] = [];
      let kills = 0;
      for (let n = 1; n <= effects; n += FULL ? 1 : strides[signal]) {
        kills += 1;
        const lines = await withoutStrangersLog(() => kill(union(), driver, goal, signal, n, finished));
        if (lines.length > 0) wrong.push(`after effect ${n} of ${effects}:`, ...lines);
      }
      tally('kills', `${signal} ${goal}`, { effects, kills });
      expect(wrong).toEqual([]);
    },
    FULL ? 1_800_000 : 180_000,
  );

  test.each(goals)('%s stopped between any two batches', async (goal) => {
    const finished = await union().finished(goal);
    const wrong: string[] = [];
    for (let entries = 0; entries < 8; entries += 1) {
      await union().on(async () => {
        const stop = new AbortController();
        let batches = 0;
        const found = await scan(overlayUnion(union().place, indexed));
        const outcome = await apply(plan(found, goal), {
          batchLinks: 1,
          breathMs: Number.POSITIVE_INFINITY,
          signal: stop.signal,
          onProgress: () => {
            if (batches === entries) stop.abort();
            batches += 1;
          },
        });
        expect(outcome.stopped).toBe(entries < found.entries.length);
        wrong.push(...when('stopped', union().losses()));
        wrong.push(...when('rerun', await union().finish(goal, finished)));
      });
    }
    expect(wrong).toEqual([]);
  });

  test.each(goals)('%s told to stop at every effect stops at the next entry or directory', async (goal) => {
    const finished = await union().finished(goal);
    const wrong: string[] = [];
    const ends = new Set<string>();
    for (let n = 1; ; n += FULL ? 1 : 7) {
      let effects = 0;
      await union().on(async () => {
        const found = await scan(overlayUnion(union().place, indexed));
        const stop = new AbortController();
        const outcome = await eachEffect(
          (_, made) => {
            effects = made;
            if (made === n) stop.abort();
          },
          () => apply(plan(found, goal), { breathMs: 0, signal: stop.signal }),
        );
        // Who asked for a flush is told why an entry that was begun is still there.
        const silent = outcome.entries.filter(({ removed, reason }) => !removed && reason === undefined);
        expect(goal === 'flush' ? silent : []).toEqual([]);
        ends.add(`${outcome.stopped}, ${outcome.linksRestored} links, ${outcome.entriesRemoved} removed`);
        wrong.push(...when(`stopped at ${n}`, union().losses()));
        wrong.push(...when(`rerun after ${n}`, await union().finish(goal, finished)));
      });
      if (effects < n) break;
    }
    expect(wrong).toEqual([]);
    // It did stop in between, and did not when it was told nothing.
    expect(ends.size).toBeGreaterThan(4);
    expect([...ends].some((end) => end.startsWith('false'))).toBe(true);
  });
});

function kill(
  union: UnionImage,
  driver: string,
  goal: Goal,
  signal: Signal,
  number: number,
  finished: Tree,
): Promise<string[]> {
  return union.on(async () => {
    const words = [process.execPath, driver, signal, String(number), goal, ...union.words];
    const run = spawnSync('unshare', ['--mount', 'sh', '-c', OWN_SCRATCH, 'sh', ...words], {
      encoding: 'utf8',
    });
    const lines: string[] = [];
    if (!stops[signal].includes(run.status)) lines.push(`exit ${run.status}: ${run.stderr}`);
    if (run.status === 0) lines.push(...when('exit 0', unfinishedBy(finished, finishedTree(union.place))));
    lines.push(...when('lost', union.losses()));
    const again = await runMain(goal, ...union.words);
    if (again.code !== 0) lines.push(`rerun: exit ${again.code}: ${again.err}${again.out}`);
    lines.push(...when('rerun', unfinishedBy(finished, finishedTree(union.place))));
    lines.push(...when('rerun', union.losses()));
    return lines;
  });
}
