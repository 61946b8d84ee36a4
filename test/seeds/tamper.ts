import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Bytes, baseOf } from '../../src/sys/bytes.js';
import { AT_FDCWD } from '../../src/sys/check.js';
import { stat } from '../../src/sys/stat.js';
import { isSysError } from '../../src/sys/sys-error.js';
import type { OverlayPlace } from '../support/overlay-place.js';
import { Place } from '../support/place.js';
import type { Random } from '../support/random.js';
import { snapshot } from '../support/tree.js';

/** The branches of an unmounted union, in the hands of somebody who does not know what he does. */
interface Hands {
  readonly upper: Place;
  readonly index: Place;
  readonly prefix: string;
  readonly random: Random;
  /** Non-directories of the upper. */
  readonly names: Bytes[];
  readonly entries: Bytes[];
  /** Somebody else's inode that took the place of an entry's, with the entry's. */
  readonly copies: Map<string, string>;
  /** Names that are gone: whatever the lowers have there shows again, and may be one of a group. */
  readonly bared: Set<Bytes>;
}

type Act = (hands: Hands) => string | undefined;

const inode = (place: Place, path: Bytes): string => {
  const { dev, ino } = stat(AT_FDCWD, place.bytes(path));
  return `${dev}:${ino}`;
};

/** A copy as cp makes it: another inode, with content and mode, without the union's attributes. */
function copy({ copies }: Hands, place: Place, path: Bytes): void {
  const [at, aside] = [place.at(path), place.at(`${path}~` as Bytes)];
  const before = inode(place, path);
  const { mode } = lstatSync(at);
  copyFileSync(at, aside);
  chmodSync(aside, mode & 0o7777);
  renameSync(aside, at);
  copies.set(inode(place, path), before);
}

const isRegular = (place: Place, path: Bytes): boolean => lstatSync(place.at(path)).isFile();

const lies = ['L+5', 'L-9', 'U+0', 'U-3', 'U+99999999999', 'x', '', 'L', 'U+1'];

const acts: readonly Act[] = [
  ({ upper, random, names, bared }) => {
    const from = random.pick(names);
    const to = `${from}.moved` as Bytes;
    renameSync(upper.at(from), upper.at(to));
    bared.add(from);
    return `rename ${from}`;
  },
  ({ upper, random, names }) => {
    const path = random.pick(names);
    unlinkSync(upper.at(path));
    writeFileSync(upper.at(path), `somebody's own ${random.below(1e6)}\n`);
    return `replace ${path}`;
  },
  ({ upper, random, names }) => {
    const [a, b] = [random.pick(names), random.pick(names)];
    if (a === b) return undefined;
    const aside = `${a}~` as Bytes;
    renameSync(upper.at(a), upper.at(aside));
    renameSync(upper.at(b), upper.at(a));
    renameSync(upper.at(aside), upper.at(b));
    return `swap ${a} ${b}`;
  },
  (hands) => {
    const path = hands.random.pick(hands.names);
    if (!isRegular(hands.upper, path)) return undefined;
    copy(hands, hands.upper, path);
    return `cp ${path}`;
  },
  ({ upper, random, names }) => {
    const path = random.pick(names);
    linkSync(upper.at(path), upper.at(`${path}.more` as Bytes));
    return `ln ${path}`;
  },
  ({ upper, random, names, bared }) => {
    const path = random.pick(names);
    unlinkSync(upper.at(path));
    bared.add(path);
    return `rm ${path}`;
  },
  ({ upper, random, names, prefix }) => {
    const path = random.pick(names);
    const attribute = `${prefix}${random.pick(['origin', 'nlink', 'impure'])}`;
    upper.removeXattr(path, attribute);
    return `remove ${attribute} of ${path}`;
  },
  ({ index, random, entries }) => {
    const entry = random.pick(entries);
    const others = lstatSync(index.at(entry)).nlink > 1;
    // Deleting the only copy is no fault of anybody but the one who does it.
    if (!others) return undefined;
    unlinkSync(index.at(entry));
    return `rm index/${entry}`;
  },
  ({ index, random, entries, prefix }) => {
    const entry = random.pick(entries);
    index.setXattr(entry, `${prefix}nlink`, Buffer.from(random.pick(lies)));
    return `a lie about the links of index/${entry}`;
  },
  ({ index, random, entries, prefix }) => {
    const entry = random.pick(entries);
    index.removeXattr(entry, `${prefix}origin`);
    return `remove origin of index/${entry}`;
  },
  (hands) => {
    const { index, random, entries } = hands;
    const entry = random.pick(entries);
    if (!isRegular(index, entry)) return undefined;
    copy(hands, index, entry);
    return `cp index/${entry}`;
  },
  ({ index, random, entries }) => {
    const [a, b] = [random.pick(entries), random.pick(entries)];
    if (a === b) return undefined;
    const aside = '#aside' as Bytes;
    renameSync(index.at(a), index.at(aside));
    renameSync(index.at(b), index.at(a));
    renameSync(index.at(aside), index.at(b));
    return `swap index/${a} index/${b}`;
  },
];

/**
 * Does some of what people do to the upper and work directories of an overlay behind its back.
 *
 * @returns what was done, of inodes that are copies which inode they were made from, and names that were taken away
 */
export function tamper(
  place: OverlayPlace,
  prefix: string,
  random: Random,
): {
  readonly story: readonly string[];
  readonly copies: ReadonlyMap<string, string>;
  readonly bared: ReadonlySet<Bytes>;
} {
  const upper = new Place(place.upper);
  const index = new Place(join(place.work, 'index'));
  const copies = new Map<string, string>();
  const bared = new Set<Bytes>();
  const story: string[] = [];
  for (let count = random.between(1, 4); count > 0; count--) {
    const names = snapshot(place.upper)
      .filter(({ kind, path }) => kind !== 'directory' && kind !== 'char' && baseOf(path).length < 240)
      // Under another name the kernel finds no data for what is metadata alone, and fails the whole mount with EIO.
      .filter(({ xattrs }) => !xattrs.includes('overlay.metacopy'))
      .map(({ path }) => path);
    const entries = (readdirSync(index.root, 'latin1') as Bytes[])
      .filter((name) => !name.startsWith('#') && lstatSync(index.at(name)).isFile())
      .sort();
    if (names.length === 0 || entries.length === 0) break;
    try {
      const told = random.pick(acts)({ upper, index, prefix, random, names, entries, copies, bared });
      if (told !== undefined) story.push(told);
    } catch (error) {
      // user.* may not stand on a symlink, and a name may be taken by what was done before.
      if (!isSysError(error, 'EPERM') && (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return { story, copies, bared };
}
