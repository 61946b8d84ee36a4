import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type OverlayPlace, overlayPlace, overlayUnion } from '../support/overlay-place.js';
import { type Goal, runGoal } from '../support/restore-union.js';
import type { Tree } from '../support/tree.js';
import { type CrashFileSystem, copyImage, type MountedImage, makeImage, mountImage } from './crash-image.js';
import { buildCrashUnion, indexed } from './crash-union.js';
import { finishedTree, unfinishedBy } from './finished.js';
import { lookAt, lossesBetween, type Views, viewsOf } from './look.js';

/** An image with a union on it, of which every trial gets a copy: the same inodes, handles and times each time. */
export class UnionImage {
  readonly #base: string;
  #trials = 0;
  readonly before: Views;

  /**
   * @param directory - an empty one on tmpfs
   * @param mountpoint - where each copy is mounted in its turn
   */
  constructor(
    readonly type: CrashFileSystem,
    readonly directory: string,
    readonly mountpoint: string,
  ) {
    this.#base = join(directory, 'base');
    makeImage(type, this.#base);
    const mounted = mountImage(type, this.#base, mountpoint);
    try {
      this.before = viewsOf(buildCrashUnion(mountpoint));
    } finally {
      mounted.unmount();
    }
  }

  get place(): OverlayPlace {
    return overlayPlace(this.mountpoint);
  }

  /** Options of the command line that name the union. */
  get words(): string[] {
    const { upper, work, lowers } = this.place;
    return ['--upper', upper, '--lower', lowers[0] ?? '', '--work', work, '-o', indexed.join(',')];
  }

  /** Runs `body` on a mounted copy of an image, the untouched one unless told. */
  async on<T>(body: (live: string, mounted: MountedImage) => T | Promise<T>, image = this.#base): Promise<T> {
    // A mount namespace that another process made meanwhile keeps an unmounted image alive: never use a file twice.
    this.#trials += 1;
    const live = join(this.directory, `live${this.#trials}`);
    copyImage(image, live);
    const mounted = mountImage(this.type, live, this.mountpoint);
    try {
      return await body(live, mounted);
    } finally {
      mounted.unmount();
      rmSync(live);
    }
  }

  /** What a run leaves that nothing disturbs. */
  finished(goal: Goal): Promise<Tree> {
    return this.on(async () => {
      await this.rerun(goal);
      return finishedTree(this.place);
    });
  }

  /** One line for each thing that was lost on the mounted copy, or that the kernel complains of. */
  losses(): string[] {
    const { views, log } = lookAt(this.place);
    return [...log, ...lossesBetween(this.before, views)];
  }

  /** Runs again on the mounted copy; one line for each thing that is not as after an undisturbed run. */
  async finish(goal: Goal, finished: Tree): Promise<string[]> {
    const attention = await this.rerun(goal);
    return [...attention, ...unfinishedBy(finished, finishedTree(this.place)), ...this.losses()];
  }

  private async rerun(goal: Goal): Promise<string[]> {
    const { outcome } = await runGoal(overlayUnion(this.place, indexed), goal);
    return outcome.entries.filter(({ attention }) => attention).map(({ reason }) => `attention: ${reason}`);
  }
}

/** Puts a word in front of lines, but for what the kernel says itself. */
export function when(words: string, lines: readonly string[]): string[] {
  return lines.map((line) => `${words}: ${line}`);
}

/**
 * Makes a trial again if the kernel complained: its log is shared with the whole machine, and what the trial itself
 * brought about shows every time.
 */
export async function withoutStrangersLog(trial: () => Promise<string[]>): Promise<string[]> {
  let lines: string[] = [];
  for (let tries = 0; tries < 8; tries += 1) {
    lines = await trial();
    if (!lines.some((line) => line.includes('kernel: '))) break;
  }
  return lines;
}
