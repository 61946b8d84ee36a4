import { join } from 'node:path';
import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, openTrusted, withFd } from '../../src/sys/open.js';
import { fsync, syncfs } from '../../src/sys/sync.js';
import { unless } from '../../src/sys/sys-error.js';
import { overlayUnion } from '../support/overlay-place.js';
import { Random } from '../support/random.js';
import type { Goal } from '../support/restore-union.js';
import type { Tree } from '../support/tree.js';
import { copyImage } from './crash-image.js';
import { indexed } from './crash-union.js';
import { eachEffect } from './effects.js';
import { finishedTree } from './finished.js';
import { type UnionImage, when } from './union-image.js';

/**
 * What of the unsynced writes reached the disk: `nothing` but what the program itself made durable, `everything`,
 * or what somebody else's fsync of `some` file or directory took along.
 */
export type Synced = 'nothing' | 'everything' | 'some';

/** One state that a power cut leaves on the disk. */
export interface Cut {
  /** Effects that had been made; 0 is before the first. */
  readonly effect: number;
  /** The last of them. */
  readonly call: string;
  readonly image: string;
}

/** A run, and every distinct state of the disk on its way. */
export interface CutRun {
  readonly effects: number;
  readonly cuts: readonly Cut[];
  readonly finished: Tree;
}

/** Runs to the end and keeps the disk as it is after every effect; equal neighbours are kept once. */
export function runAndKeep(union: UnionImage, goal: Goal, synced: Synced, seed: number): Promise<CutRun> {
  return union.on(async (live, mounted) => {
    const random = new Random(seed);
    const cuts: Cut[] = [];
    let effects = 0;
    let written = '';
    const keep = (call: string): void => {
      if (synced === 'everything') syncAll(union.mountpoint);
      if (synced === 'some') syncSome(union.mountpoint, random);
      const writes = mounted.writes();
      if (writes === written) return;
      written = writes;
      const image = join(union.directory, `cut${effects}`);
      copyImage(live, image);
      cuts.push({ effect: effects, call, image });
    };
    keep('nothing yet');
    await eachEffect(
      ({ name, path }, number) => {
        effects = number;
        keep(`${name} ${path}`);
      },
      async () => {
        const found = await scan(overlayUnion(union.place, indexed));
        // A batch for each entry where the writes are mixed anyway, the usual one batch otherwise.
        await apply(plan(found, goal), synced === 'some' ? { batchLinks: 1 } : {});
      },
    );
    return { effects, cuts, finished: finishedTree(union.place) };
  });
}

function syncAll(root: string): void {
  withFd(openTrusted(bytesFromText(root), O_RDONLY), syncfs);
}

const synchronisable = ['', 'q', 'd', 'A', 'su', 'fresh', 'q/r'].map((name) => join('upper', name));

function syncSome(root: string, random: Random): void {
  const path = random.pick([...synchronisable, 'work/index', 'lower']);
  if (random.chance(50)) return;
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  const fd = unless(['ENOENT'], () => openTrusted(bytesFromText(join(root, path)), flags));
  if (fd !== undefined) withFd(fd, fsync);
}

/** Mounts what a cut left, looks, runs again, and returns one line for each thing that is not as it should be. */
export async function checkCut(
  union: UnionImage,
  { image }: Cut,
  goal: Goal,
  finished: Tree,
): Promise<string[]> {
  return [
    ...(await union.on(
      async () => [
        ...when('after the cut', union.losses()),
        ...when('rerun after a mount', await union.finish(goal, finished)),
      ],
      image,
    )),
    ...(await union.on(async () => when('rerun', await union.finish(goal, finished)), image)),
  ];
}
