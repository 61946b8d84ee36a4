import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ApplyOptions, apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import { scan } from '../../src/scan/scan.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { aufsUnion } from '../support/aufs-place.js';
import { type AufsName, aufsView } from '../support/aufs-view.js';
import { runMain } from '../support/run-main.js';
import { snapshot, type Tree } from '../support/tree.js';
import { differences } from '../support/tree-diff.js';
import { buildAufsScene, loseNames, standForScene } from './aufs-scene.js';
import { CrashDisks, type Disk } from './crash-disks.js';
import type { CrashUnion } from './crash-union.js';
import { filesIn, gone } from './kept.js';
import { sparingOwed, withoutOwnMarks } from './look.js';

export type AufsGoal = 'restore' | 'flush' | 'prune' | 'repair';

/** What an undisturbed run leaves of aufs branches. */
export interface AufsLeft {
  readonly upper: Tree;
  readonly view: Tree;
}

/** Images with aufs branches as a crash leaves them; the rescue directory is on the last of the disks. */
export class AufsImage extends CrashDisks implements CrashUnion<AufsGoal, AufsLeft> {
  readonly synchronisable = ['', 'q', 'd', 'A', 'su', 'fresh', 'q/r', '.wh..wh.plnk']
    .map((name) => join('upper', name))
    .concat('lower', 'safe/rescue');
  readonly #root: string;
  readonly #rescue: string;
  readonly #state: string;
  #before: { readonly view: Tree; readonly lower: Tree; readonly files: ReadonlySet<string> };

  private constructor(disks: readonly Disk[], directory: string) {
    super(disks, directory);
    this.#root = disks[0]?.mountpoint ?? '';
    // Neither this directory nor the one above it is there yet.
    this.#rescue = join(disks.at(-1)?.mountpoint ?? '', 'safe/rescue');
    this.#state = join(directory, 'state');
    this.#before = { view: [], lower: [], files: new Set() };
  }

  /** @param directory - an empty one on tmpfs */
  static async make(disks: readonly Disk[], directory: string): Promise<AufsImage> {
    const image = new AufsImage(disks, directory);
    const scene = join(directory, 'scene');
    mkdirSync(scene);
    await image.build(async () => {
      const root = image.#root;
      buildAufsScene(root);
      const { mount, kernel } = standForScene(root, scene);
      const words = ['--state-dir', image.#state, '--kernel-root', String(kernel)];
      const { code, out, err } = await runMain('record', ...words, mount);
      if (code !== 0) throw new Error(`record: exit ${code}: ${out}${err}`);
      loseNames(root);
      image.#before = {
        view: image.#view(),
        lower: snapshot(join(root, 'lower')),
        files: filesIn([join(root, 'upper')]),
      };
    });
    return image;
  }

  get #words(): string[] {
    return ['-o', `br:${join(this.#root, 'upper')}=rw:${join(this.#root, 'lower')}=ro`];
  }

  async run(goal: AufsGoal, options: ApplyOptions = {}): Promise<string[]> {
    if (goal === 'restore' || goal === 'flush') {
      const found = await scan(this.#union);
      await apply(plan(found, goal), options);
      return [];
    }
    const rescue = ['--rescue', this.#rescue];
    const words =
      goal === 'prune' ? ['--state-dir', this.#state, '--min-age', '0', ...rescue] : ['-y', ...rescue];
    const { code, out, err } = await runMain(goal, ...words, ...this.#words);
    return code === 0 || code === 4 ? [] : [`${goal}: exit ${code}: ${out}${err}`];
  }

  left(): AufsLeft {
    return { upper: snapshot(join(this.#root, 'upper')), view: this.#view() };
  }

  losses(finished: AufsLeft): string[] {
    const now = this.#view();
    const unmarked = now.map(withoutOwnMarks);
    const owed = sparingOwed(now);
    // Half of a group may be linked; that it is whole in the end the rerun shows.
    const comparison = { ...owed, ignore: [...(owed.ignore ?? []), 'group', 'nlink'] as const };
    // A name shows what it showed, or what it will show in the end.
    const old = differences(this.#before.view, unmarked, comparison);
    const settled = new Set(pathsOf(differences(finished.view, unmarked, comparison)));
    return [
      ...old.filter((line) => settled.has(pathOf(line))),
      ...gone(this.#before.files, [join(this.#root, 'upper'), this.#rescue]),
      ...differences(this.#before.lower, snapshot(join(this.#root, 'lower')), { ignore: ['atime', 'inode'] }),
    ];
  }

  async finish(goal: AufsGoal, finished: AufsLeft): Promise<string[]> {
    const told = await this.run(goal);
    const wrong = differences(finished.upper, this.left().upper, {
      ignore: ['inode', 'ctime', 'blocks'],
      unless: (fact, { path }) => /time$/.test(fact) && path.startsWith('.wh..wh.'),
    });
    return [...told, ...wrong, ...this.losses(finished)];
  }

  get #union() {
    return aufsUnion(`${join(this.#root, 'upper')}=rw`, `${join(this.#root, 'lower')}=ro`);
  }

  #view(): Tree {
    return [...aufsView(this.#union)].map(([path, name]) => entryOf(path, name));
  }
}

function entryOf(path: Bytes, { branch: _, file: __, ...entry }: AufsName): Tree[number] {
  return { ...entry, path };
}

const pathOf = (line: string): string => line.slice(0, line.indexOf(': '));
const pathsOf = (lines: readonly string[]): string[] => lines.map(pathOf);
