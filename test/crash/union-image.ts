import { join } from 'node:path';
import { type ApplyOptions, apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import { type OverlayPlace, overlayPlace, overlayUnion } from '../support/overlay-place.js';
import type { Goal } from '../support/restore-union.js';
import type { Tree } from '../support/tree.js';
import { CrashDisks } from './crash-disks.js';
import type { CrashFileSystem } from './crash-image.js';
import { buildCrashUnion, indexed } from './crash-scene.js';
import type { CrashUnion } from './crash-union.js';
import { finishedTree, unfinishedBy } from './finished.js';
import { lookAt, lossesBetween, type Views, viewsOf } from './look.js';

/** An image with an overlay on it, of which every trial gets a copy. */
export class UnionImage extends CrashDisks implements CrashUnion<Goal, Tree> {
  readonly synchronisable = ['', 'q', 'd', 'A', 'su', 'fresh', 'q/r']
    .map((name) => join('upper', name))
    .concat('work/index', 'lower');
  #before: Views | undefined;

  private constructor(
    type: CrashFileSystem,
    directory: string,
    readonly mountpoint: string,
  ) {
    super([{ type, mountpoint }], directory);
  }

  /**
   * @param directory - an empty one on tmpfs
   * @param mountpoint - where each copy is mounted in its turn
   */
  static async make(type: CrashFileSystem, directory: string, mountpoint: string): Promise<UnionImage> {
    const image = new UnionImage(type, directory, mountpoint);
    image.#before = await image.build(() => viewsOf(buildCrashUnion(mountpoint)));
    return image;
  }

  get before(): Views {
    if (this.#before === undefined) throw new Error('the image is not built yet');
    return this.#before;
  }

  get place(): OverlayPlace {
    return overlayPlace(this.mountpoint);
  }

  /** Options of the command line that name the union. */
  get words(): string[] {
    const { upper, work, lowers } = this.place;
    return ['--upper', upper, '--lower', lowers[0] ?? '', '--work', work, '-o', indexed.join(',')];
  }

  /** What a run leaves that nothing disturbs. */
  finished(goal: Goal): Promise<Tree> {
    return this.on(async () => {
      await this.run(goal);
      return this.left();
    });
  }

  left(): Tree {
    return finishedTree(this.place);
  }

  losses(): string[] {
    const { views, log } = lookAt(this.place);
    return [...log, ...lossesBetween(this.before, views)];
  }

  async finish(goal: Goal, finished: Tree): Promise<string[]> {
    const attention = await this.run(goal);
    return [...attention, ...unfinishedBy(finished, this.left()), ...this.losses()];
  }

  async run(goal: Goal, options: ApplyOptions = {}): Promise<string[]> {
    const found = await scan(overlayUnion(this.place, indexed));
    const outcome = await apply(plan(found, goal), options);
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
