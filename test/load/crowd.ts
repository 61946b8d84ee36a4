import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { whileMounted } from '../support/overlay-place.js';
import { buildEntries } from './build-large.js';
import { INDEXED, incomplete, type LoadUnion, shownHash, words } from './load-union.js';
import { memoryBound, type PhaseResult } from './phases.js';
import { checkout, type Run, runProgram } from './run-program.js';

const ENTRIES = 50;

/** What each process is told to do, in turn. */
const commands: readonly (readonly string[])[] = [
  ['flush', '--wait=300'],
  ['restore'],
  ['list'],
  ['check'],
  ['prune', '--min-age', '0', '--without-rescue'],
  ['restore', '--wait=300'],
  ['list', '--json'],
  ['flush'],
];

/** A reader sees a union in the middle of a change; a writer may find it taken, or mounted. */
const allowed: Readonly<Record<string, readonly number[]>> = {
  list: [0, 4],
  check: [0, 4],
  restore: [0, 75],
  flush: [0, 75],
  prune: [0, 75],
};

function misbehaviour(
  { words: [command = '', ...rest], status, out, err }: Run,
  more: readonly number[],
): string[] {
  const lines: string[] = [];
  if (status === null || !(allowed[command]?.includes(status) || more.includes(status))) {
    lines.push(`${command} ${rest.join(' ')}: exit ${status}: ${err.slice(0, 500)}${out.slice(0, 500)}`);
  }
  if (/fault of plinkctl|\n\s+at /.test(err)) lines.push(`${command}: ${err.slice(0, 500)}`);
  return lines;
}

const orderOf = (i: number): readonly string[] => commands[i % commands.length] ?? [];

function verdict(
  what: string,
  unions: readonly LoadUnion[],
  before: readonly string[],
  runs: readonly Run[],
  more: readonly number[] = [],
) {
  const wrong = runs.flatMap((run) => misbehaviour(run, more));
  for (const [i, union] of unions.entries()) {
    wrong.push(...incomplete(union).map((group) => `not one file: ${group}`));
    if (shownHash(union) !== before[i]) wrong.push(`union ${i} shows other contents or links than before`);
  }
  const peak = Math.max(...runs.map((run) => run.peak));
  const bound = memoryBound(ENTRIES);
  if (peak > bound) wrong.push(`${Math.round(peak)} MiB resident, more than ${Math.round(bound)}`);
  return { what, peak, bound, wrong: wrong.slice(0, 20) };
}

/** Processes that flush, restore, prune, list and check one union at once. */
export async function crowdOnOne(root: string, processes: number): Promise<PhaseResult> {
  const union = buildEntries(root, ENTRIES);
  const before = shownHash(union);
  const start = performance.now();
  const runs = await Promise.all(
    Array.from({ length: processes }, (_, i) => runProgram(checkout, ...orderOf(i), ...words(union.place))),
  );
  const seconds = (performance.now() - start) / 1000;
  return { seconds, ...verdict(`${processes} processes on one union`, [union], [before], runs) };
}

/** A process for each of many unions, which are mounted and unmounted between; then a flush of each. */
export async function crowdOnMany(root: string, count: number): Promise<PhaseResult> {
  const unions = Array.from({ length: count }, (_, i) => {
    const directory = join(root, String(i));
    mkdirSync(directory);
    return buildEntries(directory, ENTRIES);
  });
  const before = unions.map(shownHash);
  const start = performance.now();
  let working = true;
  const mounting = mountNowAndThen(unions, () => working);
  const runs = await Promise.all(
    unions.map(({ place }, i) => runProgram(checkout, ...orderOf(i), ...words(place))),
  );
  working = false;
  await mounting;
  for (const { place } of unions) {
    runs.push(await runProgram(checkout, 'flush', '--wait=60', '--quiet', ...words(place)));
  }
  const seconds = (performance.now() - start) / 1000;
  // A mount empties the work directory, in which a run makes the directories that are missing.
  const told = verdict(`${count} processes on ${count} unions, mounts between`, unions, before, runs, [4]);
  const late = runs.slice(count).filter(({ status }) => status !== 0);
  const wrong = [...told.wrong, ...late.map(({ status, err }) => `the last flush: exit ${status}: ${err}`)];
  return { ...told, seconds, wrong };
}

async function mountNowAndThen(unions: readonly LoadUnion[], goesOn: () => boolean): Promise<void> {
  for (let i = 0; goesOn(); i += 1) {
    const union = unions[(i * 7) % unions.length];
    if (union === undefined) return;
    // What the kernel says to a union in the hands of a flush is not asked here: the program refuses mounted ones.
    whileMounted(union.place, INDEXED, () => {});
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
