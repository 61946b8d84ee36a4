import { type Facts, isRegular, isSymlink, S_IFBLK, S_IFCHR, S_IFMT } from '../../sys/stat.js';
import type { Likeness } from './aufs-likeness.js';
import type { Side } from './read-of-side.js';

/** Two files of which one could not be read: how like they are is not known. */
export interface Unread {
  readonly degree: 'unread';
  /** The one that could not be read. */
  readonly side: Side;
  /** The errno's name. */
  readonly code: string;
  /** The most that they can be like, for all that their inodes say. */
  readonly atBest: Likeness;
}

/** Of an upper file and a lower one of which that of `side` cannot be read. */
export function unread(side: Side, code: string, upper: Facts, lower: Facts): Unread {
  return { degree: 'unread', side, code, atBest: atBest(upper, lower) };
}

function atBest(u: Facts, l: Facts): Likeness {
  const type = u.mode & S_IFMT;
  const sameType = type === (l.mode & S_IFMT);
  const twin = sameType && u.size === l.size && u.mtime === l.mtime;
  const sameRights = u.mode === l.mode && u.uid === l.uid && u.gid === l.gid;
  const like = (degree: Likeness['degree']): Likeness => {
    return { degree, share: degree === 'impossible' ? 0 : 1, twin, sameRights };
  };
  if (!sameType) return like('impossible');
  if (isSymlink(u)) return like(u.size === l.size ? 'same' : 'impossible');
  if (type === S_IFCHR || type === S_IFBLK) return like(u.rdev === l.rdev ? 'same' : 'impossible');
  if (!isRegular(u) || u.size === l.size) return like('same');
  return like(l.size < u.size ? 'whole' : 'alike');
}
