import { linkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { append, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { runMain } from '../support/run-main.js';
import { snapshot, type Tree } from '../support/tree.js';
import { differences } from '../support/tree-diff.js';
import { CrashDisks, type Disk } from './crash-disks.js';
import type { CrashUnion } from './crash-union.js';
import { finishedTree, unfinishedBy } from './finished.js';
import { filesIn, gone } from './kept.js';
import { lookAt, sparingOwed, type Views } from './look.js';

const groups = ['A', 'large', 'noted'];

/** An overlay with orphaned entries; the rescue directory is on the last of the disks. */
export class OrphanImage extends CrashDisks implements CrashUnion<'prune', Tree> {
  readonly synchronisable = ['upper', 'work/index', 'safe/rescue', 'lower', ''];
  readonly #root: string;
  readonly #rescue: string;
  #before: { readonly views: Views; readonly lower: Tree; readonly files: ReadonlySet<string> };

  private constructor(disks: readonly Disk[], directory: string) {
    super(disks, directory);
    this.#root = disks[0]?.mountpoint ?? '';
    // Neither this directory nor the one above it is there yet.
    this.#rescue = join(disks.at(-1)?.mountpoint ?? '', 'safe/rescue');
    this.#before = { views: { on: [], off: [] }, lower: [], files: new Set() };
  }

  /** @param directory - an empty one on tmpfs */
  static async make(disks: readonly Disk[], directory: string): Promise<OrphanImage> {
    const image = new OrphanImage(disks, directory);
    await image.build(() => {
      const place = buildOrphans(image.#root);
      image.#before = {
        views: lookAt(place).views,
        lower: snapshot(place.lowers[0] as string),
        files: filesIn([place.upper, join(place.work, 'index')]),
      };
    });
    return image;
  }

  get #place(): OverlayPlace {
    return overlayPlace(this.#root);
  }

  async run(): Promise<string[]> {
    const { upper, work, lowers } = this.#place;
    const words = ['--upper', upper, '--lower', lowers[0] ?? '', '--work', work];
    const { code, out, err } = await runMain('prune', '--min-age', '0', '--rescue', this.#rescue, ...words);
    return code === 0 ? [] : [`exit ${code}: ${out}${err}`];
  }

  left(): Tree {
    return finishedTree(this.#place);
  }

  losses(): string[] {
    const { upper, work, lowers } = this.#place;
    const { views, log } = lookAt(this.#place);
    return [
      ...log,
      ...differences(this.#before.views.on, views.on, sparingOwed(views.on)),
      ...gone(this.#before.files, [upper, join(work, 'index'), this.#rescue]),
      ...differences(this.#before.lower, snapshot(lowers[0] as string), { ignore: ['atime', 'inode'] }),
    ];
  }

  async finish(_: 'prune', finished: Tree): Promise<string[]> {
    const told = await this.run();
    return [...told, ...unfinishedBy(finished, this.left()), ...this.losses()];
  }
}

/** Groups whose names were removed, one of each behind the index' back: the kernel keeps such entries for ever. */
function buildOrphans(root: string): OverlayPlace {
  const place = overlayWith(root, {
    lower: (lower) => {
      for (const name of groups) {
        const text =
          name === 'large' ? 'a line of a file that is copied in pieces\n'.repeat(9000) : `${name}\n`;
        writeFileSync(lower.at(name as Bytes), text);
        linkSync(lower.at(name as Bytes), lower.at(`${name}.link` as Bytes));
      }
      writeFileSync(lower.at(ascii('stays')), 'stays\n');
    },
    session: (view) => {
      for (const name of groups) append(view, name, `changed ${name}\n`);
      view.setXattr(ascii('noted'), 'user.note', Buffer.from('kept'));
    },
  });
  whileMounted(place, ['index=off'], (view) => {
    for (const name of groups) unlinkSync(view.at(`${name}.link` as Bytes));
  });
  whileMounted(place, ['index=on'], (view) => {
    for (const name of groups) unlinkSync(view.at(name as Bytes));
  });
  return place;
}
