import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bytesFromText } from '../../src/sys/bytes.js';
import { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, openTrusted, withFd } from '../../src/sys/open.js';
import { fsync, syncfs } from '../../src/sys/sync.js';
import { unless } from '../../src/sys/sys-error.js';
import { Random } from '../support/random.js';
import { copyImage } from './crash-image.js';
import type { CrashUnion } from './crash-union.js';
import { eachEffect } from './effects.js';
import { buildState, epochEnds, stateAt } from './reordered.js';
import { when } from './union-image.js';

/**
 * What of the unsynced writes reached the disk: `nothing` but what the program itself made durable, `everything`,
 * or what somebody else's fsync of `some` file or directory took along.
 */
export type Synced = 'nothing' | 'everything' | 'some';

/** One state that a power cut leaves on the disks. */
export interface Cut {
  /** What had been done; tells the state from others in a report. */
  readonly words: string;
  /** Makes its images and tells where they are. */
  build(): readonly string[];
  /** Removes them. */
  drop(): void;
}

/** A run, and every distinct state of the disks on its way. */
export interface CutRun<Left> {
  readonly effects: number;
  readonly cuts: readonly Cut[];
  readonly finished: Left;
}

/** Runs to the end and keeps the disks as they are after every effect; equal neighbours are kept once. */
export function runAndKeep<Goal extends string, Left>(
  union: CrashUnion<Goal, Left>,
  goal: Goal,
  synced: Synced,
  seed: number,
): Promise<CutRun<Left>> {
  return union.on(async (live) => {
    const random = new Random(seed);
    const cuts: Cut[] = [];
    let effects = 0;
    let written = '';
    const keep = (words: string): void => {
      syncBy(union, synced, random);
      const writes = live.map(({ mounted }) => mounted.writes()).join();
      if (writes === written) return;
      written = writes;
      const images = live.map(({ image }, i) => {
        const copy = join(union.directory, `cut${effects}.${i}`);
        copyImage(image, copy);
        return copy;
      });
      cuts.push({ words, build: () => images, drop: () => remove(images) });
    };
    keep('nothing yet');
    await eachEffect(
      ({ name, path }, number) => {
        effects = number;
        keep(`effect ${number}, ${name} ${path}`);
      },
      // A batch for each entry where the writes are mixed anyway, the usual one batch otherwise.
      () => union.run(goal, synced === 'some' ? { batchLinks: 1 } : {}),
    );
    return { effects, cuts, finished: union.left() };
  });
}

function syncBy({ disks, synchronisable }: CrashUnion, synced: Synced, random: Random): void {
  if (synced === 'everything') {
    for (const { mountpoint } of disks) withFd(openTrusted(bytesFromText(mountpoint), O_RDONLY), syncfs);
  }
  if (synced !== 'some') return;
  const path = random.pick(synchronisable);
  if (random.chance(50)) return;
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  const at = bytesFromText(join(disks[0]?.mountpoint ?? '', path));
  const fd = unless(['ENOENT'], () => openTrusted(at, flags));
  if (fd !== undefined) withFd(fd, fsync);
}

function remove(images: readonly string[]): void {
  for (const image of images) rmSync(image, { force: true });
}

/** Chances, in a hundred, that a block that nothing made durable is on the disk all the same. */
const chances = [0, 15, 50, 85, 100] as const;

/**
 * Runs to the end while the disks write down every write and flush, and draws states that a power cut can leave
 * where a disk writes what lies between two flushes in any order.
 *
 * @param samples - how many states
 */
export async function runAndReorder<Goal extends string, Left>(
  union: CrashUnion<Goal, Left>,
  goal: Goal,
  synced: Synced,
  seed: number,
  samples: number,
): Promise<CutRun<Left> & { readonly epochs: number }> {
  const random = new Random(seed);
  let effects = 0;
  const { result, log } = await union.record(async (position) => {
    const started = position();
    const attention = await eachEffect(
      (_, number) => {
        effects = number;
        syncBy(union, synced, random);
      },
      () => union.run(goal, synced === 'some' ? { batchLinks: 1 } : {}),
    );
    if (attention.length > 0) throw new Error(attention.join('\n'));
    return { started, ended: position(), finished: union.left() };
  });
  const from = log.before(result.started);
  const ends = epochEnds(log, from);
  const moments = Array.from({ length: samples }, () => ({
    cut: random.chance(60) ? random.pick(ends) : random.between(from, log.events.length),
    percent: random.pick(chances),
  }));
  const cuts = moments.map(({ cut, percent }): Cut => {
    const state = stateAt(log, cut, percent, random);
    const paths = union.bases.map((_, i) => join(union.directory, `state.${i}`));
    return {
      words: `${state.words} (run from ${from} to ${log.before(result.ended)})`,
      build() {
        buildState(state, union.bases, paths);
        return paths;
      },
      drop: () => remove(paths),
    };
  });
  return { effects, epochs: ends.length, cuts, finished: result.finished };
}

/** Mounts what a cut left, looks, runs again, and returns one line for each thing that is not as it should be. */
export async function checkCut<Goal extends string, Left>(
  union: CrashUnion<Goal, Left>,
  cut: Cut,
  goal: Goal,
  finished: Left,
): Promise<string[]> {
  const images = cut.build();
  return [
    ...(await union.on(
      async () => [
        ...when('after the cut', union.losses(finished)),
        ...when('rerun after a mount', await union.finish(goal, finished)),
      ],
      images,
    )),
    ...(await union.on(async () => when('rerun', await union.finish(goal, finished)), images)),
  ];
}
