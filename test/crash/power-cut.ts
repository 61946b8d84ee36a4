import { join } from 'node:path';
import { bytesFromText } from '../../src/sys/bytes.js';
import { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, openTrusted, withFd } from '../../src/sys/open.js';
import { fsync, syncfs } from '../../src/sys/sync.js';
import { unless } from '../../src/sys/sys-error.js';
import { type OverlayPlace, overlayPlace, overlayUnion } from '../support/overlay-place.js';
import { Random } from '../support/random.js';
import { type Goal, runGoal } from '../support/restore-union.js';
import type { Tree } from '../support/tree.js';
import { type CrashFileSystem, copyImage, makeImage, mountImage } from './crash-image.js';
import { buildCrashUnion, indexed } from './crash-union.js';
import { eachEffect } from './effects.js';
import { finishedTree, unfinishedBy } from './finished.js';
import { lookAt, lossesBetween, type Views, viewsOf } from './look.js';

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

/** A file system of one type with the union on it, to be copied, run and cut. */
export class PowerCutBench {
  readonly #mountpoint: string;
  readonly #base: string;
  readonly #before: Views;

  /** @param directory - an empty one on tmpfs, with room for a few hundred images */
  constructor(
    readonly type: CrashFileSystem,
    readonly directory: string,
    mountpoint: string,
  ) {
    this.#mountpoint = mountpoint;
    this.#base = join(directory, 'base');
    makeImage(type, this.#base);
    this.#before = this.#on(this.#base, () => viewsOf(buildCrashUnion(mountpoint)));
  }

  #on<T>(image: string, body: () => T): T {
    const mounted = mountImage(this.type, image, this.#mountpoint);
    try {
      return body();
    } finally {
      mounted.unmount();
    }
  }

  get #place(): OverlayPlace {
    return overlayPlace(this.#mountpoint);
  }

  /** Runs to the end and keeps the disk as it is after every effect; equal neighbours are kept once. */
  async run(goal: Goal, synced: Synced, seed: number): Promise<CutRun> {
    const live = join(this.directory, 'live');
    copyImage(this.#base, live);
    const random = new Random(seed);
    const cuts: Cut[] = [];
    let effects = 0;
    const mounted = mountImage(this.type, live, this.#mountpoint);
    try {
      let written = '';
      const capture = (call: string): void => {
        if (synced === 'everything') this.#syncAll();
        if (synced === 'some') this.#syncSome(random);
        const writes = mounted.writes();
        if (writes === written) return;
        written = writes;
        const image = join(this.directory, `cut${effects}`);
        copyImage(live, image);
        cuts.push({ effect: effects, call, image });
      };
      capture('nothing yet');
      await eachEffect(
        ({ name, path }, number) => {
          effects = number;
          capture(`${name} ${path}`);
        },
        () => runGoal(overlayUnion(this.#place, indexed), goal),
      );
      return { effects, cuts, finished: finishedTree(this.#place) };
    } finally {
      mounted.unmount();
    }
  }

  #syncAll(): void {
    withFd(openTrusted(bytesFromText(this.#mountpoint), O_RDONLY), syncfs);
  }

  #syncSome(random: Random): void {
    const path = random.pick([
      'upper',
      'work/index',
      'upper/q',
      'upper/d',
      'upper/A',
      'upper/su',
      'upper/fresh',
      'lower',
    ]);
    if (random.chance(50)) return;
    const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    const fd = unless(['ENOENT'], () => openTrusted(bytesFromText(join(this.#mountpoint, path)), flags));
    if (fd !== undefined) withFd(fd, fsync);
  }

  /** Mounts what a cut left, looks, runs again, and returns one line for each thing that is not as it should be. */
  async check(cut: Cut, goal: Goal, finished: Tree): Promise<string[]> {
    const first = await this.#checkOnce(cut, goal, finished);
    // The kernel log is shared with the whole machine: what is the image's own fault shows again.
    return first.some((line) => line.startsWith('kernel: ')) ? this.#checkOnce(cut, goal, finished) : first;
  }

  async #checkOnce(cut: Cut, goal: Goal, finished: Tree): Promise<string[]> {
    const problems: string[] = [];
    const tell = (when: string, lines: readonly string[]): void => {
      for (const line of lines) problems.push(line.startsWith('kernel: ') ? line : `${when}: ${line}`);
    };
    const image = join(this.directory, 'checked');
    for (const looked of [true, false]) {
      copyImage(cut.image, image);
      const mounted = mountImage(this.type, image, this.#mountpoint);
      try {
        if (looked) {
          const { views, log } = lookAt(this.#place);
          tell('after the cut', [...log, ...lossesBetween(this.#before, views)]);
        }
        const { outcome } = await runGoal(overlayUnion(this.#place, indexed), goal);
        const left = outcome.entries
          .filter(({ attention }) => attention)
          .map(({ reason }) => `attention: ${reason}`);
        const when = looked ? 'rerun after a mount' : 'rerun';
        tell(when, [...left, ...unfinishedBy(finished, finishedTree(this.#place))]);
        const { views, log } = lookAt(this.#place);
        tell(when, [...log, ...lossesBetween(this.#before, views)]);
      } finally {
        mounted.unmount();
      }
    }
    return problems;
  }
}
