import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildDeep, buildEntries, buildFiles } from './build-large.js';
import { crowdOnMany, crowdOnOne } from './crowd.js';
import { incomplete, type LoadUnion, shownHash, words } from './load-union.js';
import { checkout, type Run, runProgram } from './run-program.js';

/** What one kind of load came to. */
export interface PhaseResult {
  readonly what: string;
  readonly seconds: number;
  /** The most memory that one process had resident, MiB, and what it may at most have. */
  readonly peak: number;
  readonly bound: number;
  /** A line for each thing that is not as it should be. */
  readonly wrong: readonly string[];
}

/** Memory that the program may have resident, MiB: what node and the bundle take, and what each entry and name adds. */
export function memoryBound(entries: number): number {
  return 200 + (entries * 6) / 1024;
}

/** Looks, flushes and looks again, with the whole program each time. */
async function lookAndFlush(what: string, union: LoadUnion, entries: number): Promise<PhaseResult> {
  const before = shownHash(union);
  const wrong: string[] = [];
  const runs: Run[] = [];
  const run = async (allowed: readonly number[], ...command: string[]): Promise<void> => {
    const done = await runProgram(checkout, ...command, ...words(union.place));
    runs.push(done);
    if (!allowed.includes(done.status ?? -1)) {
      wrong.push(`${command.join(' ')}: exit ${done.status}: ${done.err.slice(0, 500)}`);
    }
  };
  await run([0], 'list', '--count');
  await run([0], 'check', '--quiet');
  await run([0], 'flush', '--quiet');
  await run([0], 'flush', '--quiet');
  wrong.push(
    ...incomplete(union)
      .slice(0, 10)
      .map((group) => `not one file: ${group}`),
  );
  if (shownHash(union) !== before) wrong.push('the mount shows other contents or links than before');
  const bound = memoryBound(entries);
  const peak = Math.max(...runs.map((each) => each.peak));
  if (peak > bound) wrong.push(`${Math.round(peak)} MiB resident, more than ${Math.round(bound)}`);
  return { what, seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0), peak, bound, wrong };
}

/** The kinds of load, each a share of the full one; `root` is an empty directory with memory behind it. */
export function phases(root: string, share: number): readonly (() => Promise<PhaseResult>)[] {
  const at = (name: string): string => {
    mkdirSync(join(root, name));
    return join(root, name);
  };
  const part = (full: number): number => Math.max(1, Math.round(full * share));
  return [
    async () => {
      const count = part(200_000);
      return lookAndFlush(`${count} index entries`, buildEntries(at('entries'), count), count);
    },
    async () => {
      const count = part(2_000_000);
      return lookAndFlush(`${count} lower files`, buildFiles(at('files'), count), 10);
    },
    async () => {
      const count = part(1_000_000);
      return lookAndFlush(`a directory of ${count} names`, buildFiles(at('wide'), count, count), 10);
    },
    async () => {
      const depth = part(2000);
      const union = buildDeep(at('deep'), depth);
      const result = await lookAndFlush(`${depth} directories deep`, union, 10);
      const { nlink } = lstatSync(join(union.place.upper, 'top'));
      return nlink === 2 ? result : { ...result, wrong: [...result.wrong, `${nlink} links at the top`] };
    },
    () => crowdOnOne(at('one'), Math.max(8, part(64))),
    () => crowdOnMany(at('many'), Math.max(8, part(64))),
  ];
}
