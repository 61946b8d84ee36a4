import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { bundle } from '../support/bundle.js';
import { describeCrash } from './bench.js';
import { finishedTree, unfinishedBy } from './finished.js';
import { tally } from './tally.js';
import { when } from './union-image.js';

const PROCESSES = 64;

/** What each process is told to do, in turn. */
const commands: readonly (readonly string[])[] = [
  ['flush', '--wait=120'],
  ['restore', '--wait=120'],
  ['list'],
  ['check'],
  ['restore'],
  ['list', '--json'],
  ['flush'],
  ['check', '--json'],
];

/** What a process may end with: readers see a union in the middle of a change, writers may find it taken. */
const allowed: Readonly<Record<string, readonly number[]>> = {
  list: [0],
  check: [0, 4],
  restore: [0, 75],
  flush: [0, 75],
};

interface Ended {
  readonly words: readonly string[];
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

describeCrash('a crowd', 'ext4', [], (union, directory) => {
  let driver: string;

  beforeAll(async () => {
    mkdirSync(join(directory(), 'program'));
    writeFileSync(join(directory(), 'package.json'), '{"version":"0.0.0","type":"module"}');
    driver = join(directory(), 'program', 'driver.mjs');
    await bundle(fileURLToPath(new URL('kill-driver-main.ts', import.meta.url)), driver);
  });

  test(`${PROCESSES} processes at once flush, restore, list and check one union`, async () => {
    const finished = await union().finished('flush');
    await union().on(async () => {
      const all = await Promise.all(
        Array.from({ length: PROCESSES }, (_, i) =>
          start(driver, commands[i % commands.length] ?? [], union().words),
        ),
      );
      const wrong = all.flatMap(misbehaviour);
      wrong.push(...when('in the end', unfinishedBy(finished, finishedTree(union().place))));
      wrong.push(...when('in the end', union().losses()));
      const busy = all.filter(({ status }) => status === 75).length;
      tally('crowd', 'flush, restore, list, check', { processes: PROCESSES, busy });
      expect(wrong).toEqual([]);
    });
  }, 300_000);
});

function start(driver: string, words: readonly string[], target: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    // The driver's own words: no signal after no effect.
    const child = spawn(process.execPath, [driver, 'SIGKILL', '0', ...words, ...target]);
    let [out, err] = ['', ''];
    child.stdout.on('data', (data) => {
      out += String(data);
    });
    child.stderr.on('data', (data) => {
      err += String(data);
    });
    child.once('close', (status) => resolve({ words, status, out, err }));
  });
}

function misbehaviour({ words, status, out, err }: Ended): string[] {
  const [command = '', option] = words;
  const lines: string[] = [];
  const told = words.join(' ');
  // Who waits gets his turn.
  const codes = option?.startsWith('--wait') === true ? [0] : (allowed[command] ?? []);
  if (status === null || !codes.includes(status)) lines.push(`${told}: exit ${status}: ${err}${out}`);
  if (/fault of plinkctl|\n\s+at /.test(err)) lines.push(`${told}: ${err}`);
  if (option === '--json') JSON.parse(out);
  return lines;
}
