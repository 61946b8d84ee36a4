import { linkSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach } from '@jest/globals';
import type { Bytes } from '../../src/sys/bytes.js';
import type { AufsUnion } from '../../src/union/union.js';
import { aufsUnion } from './aufs-place.js';
import { type AufsName, aufsView, treesOf } from './aufs-view.js';
import { Place } from './place.js';
import { type TempDir, tempDir } from './temp-dir.js';
import type { Tree } from './tree.js';

const made: TempDir[] = [];

/** Removes the scenes of a test when it ends; to be called once in a test file. */
export function disposeScenes(): void {
  afterEach(() => {
    for (const directory of made.splice(0)) directory.dispose();
  });
}

/** Branches of an unmounted aufs, written by hand as the kernel leaves them. */
export class AufsScene {
  readonly branches: readonly Place[];
  readonly union: AufsUnion;
  /** The branches in the words of mount(8). */
  readonly words: string;

  /**
   * @param permissions - one for each branch, the topmost first
   * @param parent - where to make the branches; a new temporary directory unless told
   */
  constructor(permissions: readonly string[] = ['rw', 'ro'], parent?: string) {
    let root = parent;
    if (root === undefined) {
      const directory = tempDir('aufs');
      made.push(directory);
      root = directory.path;
    }
    const paths = permissions.map((_, i) => join(root, `branch${i}`));
    this.branches = paths.map((path) => new Place(path));
    for (const [i, { root: branch }] of this.branches.entries()) {
      mkdirSync(branch);
      if (!permissions[i]?.startsWith('rw')) continue;
      for (const own of ['.wh..wh.plnk', '.wh..wh.orph']) mkdirSync(join(branch, own), { mode: 0o700 });
      if (!permissions[i]?.includes('nolwh'))
        writeFileSync(join(branch, '.wh..wh.aufs'), '', { mode: 0o444 });
    }
    const words = paths.map((path, i) => `${path}=${permissions[i]}`);
    this.union = aufsUnion(...words);
    this.words = `br:${words.join(':')}`;
  }

  get upper(): Place {
    return this.branches[0] as Place;
  }

  get lower(): Place {
    return this.branches.at(-1) as Place;
  }

  /** One regular file under all these names; the directories on the way are made. */
  file(place: Place, names: readonly string[], content: string, mode = 0o644): void {
    const [first = '', ...others] = names;
    for (const name of names) mkdirSync(dirname(join(place.root, name)), { recursive: true });
    writeFileSync(place.at(first as Bytes), content, { mode });
    for (const name of others) linkSync(place.at(first as Bytes), place.at(name as Bytes));
  }

  /**
   * Gives an upper file its pseudo-link.
   *
   * @returns the entry's name
   */
  plink(name: string, unionInode: bigint | number = 11, place = this.upper): string {
    const { ino } = lstatSync(place.at(name as Bytes), { bigint: true });
    const entry = `${unionInode}.${ino}`;
    linkSync(place.at(name as Bytes), place.at(`.wh..wh.plnk/${entry}` as Bytes));
    return entry;
  }

  /** Whites a name out in the upper branch. */
  white(name: string, place = this.upper): void {
    const slash = name.lastIndexOf('/') + 1;
    const whiteout = `${name.slice(0, slash)}.wh.${name.slice(slash)}`;
    mkdirSync(dirname(join(place.root, whiteout)), { recursive: true });
    writeFileSync(place.at(whiteout as Bytes), '', { mode: 0o444 });
  }

  /** What a fresh mount shows. */
  view(): Map<Bytes, AufsName> {
    return aufsView(this.union);
  }

  trees(): Tree[] {
    return treesOf(this.union);
  }
}
