import { inodeKey } from '../../sys/inode-id.js';
import { S_IFMT } from '../../sys/stat.js';
import type { Unreadable } from '../result.js';
import type { Candidate, UnreadCandidate } from './aufs-case.js';
import type { RawPlink } from './aufs-index.js';
import type { Likeness } from './aufs-likeness.js';
import type { RemovedFile, UpperName } from './aufs-upper-names.js';
import type { Namesake } from './namesake.js';
import type { Unread } from './unread.js';

/** The lower file that an entry's upper names prove, or why they prove none. */
export type Proof =
  | { readonly origin: Namesake }
  | {
      readonly origin: undefined;
      readonly reason: string;
      readonly evidence: readonly string[];
      /** Lower files that have its names, and of which it may be the copy all the same. */
      readonly perhaps?: readonly Namesake[];
    };

/**
 * Which lower file an entry is the copy of, by names. The number in its name was handed out by one mount and says
 * nothing after it; what tells is that the upper names of its inode cover names of one lower inode.
 */
export function proveOrigin(plink: RawPlink, names: readonly UpperName[]): Proof {
  if (names.length === 0) {
    return refuse('no name of the branch is its inode: nothing proves which names it stands for');
  }
  const distinct = distinctNamesakes(names);
  const [origin, another] = distinct;
  if (origin === undefined) {
    return refuse('its names exist in no lower branch: nothing proves which other names it stands for');
  }
  if (another !== undefined) {
    return refuse(
      'its names cover two different lower files: one of them was renamed or replaced',
      names.map(({ path, namesake }) =>
        namesake === undefined
          ? `/${path}: no lower file`
          : `/${path}: lower inode ${namesake.ino} (branch ${namesake.branch})`,
      ),
      distinct,
    );
  }
  if ((origin.stat.mode & S_IFMT) !== (plink.stat.mode & S_IFMT)) {
    return refuse('the lower file under its name is of another type: the name was taken by another file');
  }
  return { origin };
}

/** The lower files under an entry's names, each once, by the last of its names. */
function distinctNamesakes(names: readonly UpperName[]): readonly Namesake[] {
  const [first, second] = names;
  if (second === undefined) return first?.namesake === undefined ? [] : [first.namesake];
  const namesakes = names.flatMap(({ namesake }) => (namesake === undefined ? [] : [namesake]));
  return [...new Map(namesakes.map((each) => [`${each.branch}/${inodeKey(each)}`, each])).values()];
}

function refuse(reason: string, evidence: readonly string[] = [], perhaps: readonly Namesake[] = []): Proof {
  return { origin: undefined, reason, evidence, perhaps };
}

/**
 * Whether what is in both files bears out what the names say, so that nothing else need be looked at: the copy is
 * as the lower file is, with its time, or was written behind its end. Others may have the same in them, and `ln -f`
 * puts one over the other. What has nothing in it must have its rights, too: all files of an image may have one time.
 */
export function bearsOut(plink: RawPlink, origin: Namesake, own: Likeness): boolean {
  if (own.degree === 'same') return own.twin && (own.sameRights || origin.stat.size > 0n);
  return own.degree === 'whole' && writtenSinceCopied(plink);
}

/** A copy-up keeps the mtime: one before the inode's birth says that nobody wrote to it since. */
function writtenSinceCopied({ stat }: RawPlink): boolean {
  return stat.btime === 0n || stat.mtime >= stat.btime;
}

/** What a proof by names is weighed against. */
export interface Weights {
  /** How much the entry is like the lower file. */
  readonly own: Likeness | Unread;
  /** How many of the entry's names cover one of the lower file's. */
  readonly covering: number;
  /** Lower files that the entry looks like. */
  readonly others: readonly Candidate[];
  /** Lower files with names whited out, that no other entry stands for. */
  readonly removed: readonly RemovedFile[];
  /** Lower files that could not be compared, as like as they may be. */
  readonly unread: readonly UnreadCandidate[];
  /** The errno's name where the entry could not be read to be compared with others. */
  readonly blind: string | undefined;
  /** A lower file that it may be the copy of, and was not compared with. */
  readonly beyond: Namesake | undefined;
  /** A lower directory that could not be searched for such files. */
  readonly unseen: Unreadable | undefined;
  /** A removed name of which it is not known what lower file it had. */
  readonly unseenRemoved: Unreadable | undefined;
}

/**
 * Weighs a proof by names against what the files hold. `mv other name` puts another group's file over a name, and
 * `ln` does so without even removing one: then the names say the wrong thing, and the files may tell.
 */
export function weigh(
  plink: RawPlink,
  origin: Namesake,
  { own, covering, others, removed, unread, blind, beyond, unseen, unseenRemoved }: Weights,
): Proof {
  const doubt = (reason: string): Proof => refuse(reason, [], [origin]);
  if (own.degree === 'unread') {
    const file = own.side === 'upper' ? 'it' : `the lower /${origin.path}`;
    return doubt(
      `${file} cannot be read (${own.code}): nothing but the name /${origin.path} tells what it is the copy of`,
    );
  }
  if (own.degree === 'impossible') {
    return refuse(
      `it cannot be the copy of the lower /${origin.path}, whose name it has: another file took the name`,
    );
  }
  const rival = others.find((each) => !same(each.file, origin) && beats(each, origin, own));
  if (rival !== undefined) {
    return refuse(
      `it has the name of the lower /${origin.path}, but is like another lower file: the name may have been taken over`,
    );
  }
  if (unseen !== undefined) {
    return doubt(
      `it is not quite like the lower /${origin.path}, and /${unseen.path} cannot be searched for what it may be instead (${unseen.code})`,
    );
  }
  if (unseenRemoved !== undefined) {
    return doubt(
      `it has the name of the lower /${origin.path}, and what was removed at /${unseenRemoved.path} cannot be looked at (${unseenRemoved.code}): it may have been renamed over that name`,
    );
  }
  if (blind !== undefined) {
    return doubt(
      `it has the name of the lower /${origin.path}, but cannot be read to be compared with others (${blind})`,
    );
  }
  if (beyond !== undefined) {
    return doubt(
      `it has the name of the lower /${origin.path}, but so many others are like it that not all were compared, such as /${beyond.path}`,
    );
  }
  const isRemoved = ({ file }: Candidate): boolean => removed.some((each) => same(each.file, file));
  const unknown = unread.find(
    (each) =>
      mayRival(each, origin, own) && (beats(each, origin, own) || (covering === 1 && isRemoved(each))),
  );
  if (unknown !== undefined) {
    return doubt(
      `it has the name of the lower /${origin.path}, but may as well be the copy of /${unknown.file.path}, which cannot be read (${unknown.code})`,
    );
  }
  const twin = covering > 1 ? undefined : removed.find(({ file }) => isAsLike(file, origin, own, others));
  if (twin !== undefined) {
    return doubt(
      `it is like the lower /${origin.path}, whose name it has, and as much like /${twin.names[0]}, which may have been renamed over that name`,
    );
  }
  if (own.degree !== 'none' || covering > 1) return { origin };
  if (!own.sameRights) {
    return doubt(
      `neither its content nor its mode and owner are those of the lower /${origin.path}: nothing but the name speaks for it`,
    );
  }
  if (origin.stat.nlink === 1) {
    return doubt(
      `nothing in it is of the lower /${origin.path}, and a file with one link gets a pseudo-link by ln alone: another file may have taken the name`,
    );
  }
  const displaced = removed.find(
    ({ file }) => !same(file, origin) && file.stat.nlink > 1 && sameRights(file, plink),
  );
  if (displaced === undefined) return { origin };
  return doubt(
    `nothing in it is of the lower /${origin.path}, and it may as well be /${displaced.names[0]}, renamed over that name`,
  );
}

/** Whether a lower file that is so like an entry speaks against the proof that another is what it is the copy of. */
export function mayRival(other: Candidate, origin: Namesake, own: Likeness): boolean {
  if (same(other.file, origin)) return false;
  return beats(other, origin, own) || isAsLike(other.file, origin, own, [other]);
}

function beats({ file, likeness }: Candidate, origin: Namesake, own: Likeness): boolean {
  const [theirs, ours] = [rank(likeness), rank(own)];
  if (theirs !== ours) return theirs > ours;
  if (own.degree === 'whole') return file.stat.size >= origin.stat.size;
  if (own.degree === 'same') return likeness.sameRights && !own.sameRights;
  return own.degree === 'alike' && likeness.share >= own.share;
}

/** Two lower files with the same in them: which of them was copied, no byte of the copy tells. */
function isAsLike(file: Namesake, origin: Namesake, own: Likeness, others: readonly Candidate[]): boolean {
  if (own.degree !== 'same' || file.stat.nlink === 1 || same(file, origin)) return false;
  const theirs = others.find((each) => same(each.file, file))?.likeness;
  if (theirs === undefined || rank(theirs) < rank(own)) return false;
  return theirs.sameRights || !own.sameRights;
}

function rank({ degree, twin }: Likeness): number {
  const ranks = { impossible: 0, none: 0, alike: 1, whole: 2, same: 3 } as const;
  return ranks[degree] + (degree === 'same' && twin ? 1 : 0);
}

const same = (a: Namesake, b: Namesake): boolean =>
  a.branch === b.branch && a.dev === b.dev && a.ino === b.ino;

function sameRights({ stat: a }: Namesake, { stat: b }: RawPlink): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}
