import type { Bytes } from '../../sys/bytes.js';
import { isRegular, type Stat } from '../../sys/stat.js';
import type { RawPlink } from '../aufs/aufs-index.js';
import { entryInode, fileKind } from '../file-kind.js';
import type { BranchPath, EntryState, IndexEntry, Unreadable } from '../result.js';

/** One name that shows the union inode number of a pseudo-link. */
export interface ShownName {
  readonly path: Bytes;
  /** What the mount tells of it. */
  readonly shown: Stat;
  /**
   * What the name is on the branches: the entry's inode, a lower file that the pseudo-link stands in for, or
   * another file altogether; `unknown` where the branches do not tell.
   */
  readonly is: 'entry' | 'lower' | 'other' | 'unknown';
  readonly at: BranchPath;
  /** The lower file, where it is one. */
  readonly lower: Stat | undefined;
  /** False for a symlink that leads elsewhere than the entry's. */
  readonly sameTarget: boolean;
}

/** All that is known of one pseudo-link of a mounted union. */
export interface MountedFacts {
  readonly plink: RawPlink;
  /** Sorted by path. */
  readonly names: readonly ShownName[];
  readonly blind: readonly Unreadable[];
}

/** An entry, and what decides about removing it. */
export interface MountedEntry extends MountedFacts {
  readonly entry: IndexEntry;
  /** The running mount may need it: the kernel must not be told to forget its pseudo-links. */
  readonly mayBeLive: boolean;
  /** Every name that the mount can show is known. */
  readonly accounted: boolean;
}

/** Decides what a pseudo-link of a mounted union is. Pure. */
export function judgeMounted(facts: MountedFacts): MountedEntry {
  const { plink, names } = facts;
  const verdict = judge(facts);
  const told = verdict.state === 'restorable' || verdict.state === 'complete';
  const lower = told ? names.filter(({ is }) => is === 'lower') : [];
  const entry: IndexEntry = {
    name: plink.name,
    branch: plink.branch,
    kind: fileKind(plink.stat.mode),
    state: verdict.state,
    // The classic flush deletes what it finds, whatever it is; where this is the last name, the data goes with it.
    atRisk: !told && plink.plink !== undefined && plink.stat.nlink === 1,
    inode: entryInode(plink.stat),
    names: told ? names.flatMap(({ is, path }) => (is === 'entry' ? [path] : [])) : [],
    missing: lower.map(({ path, at }) => ({ path, lower: at })),
    reason: verdict.reason,
    evidence: told ? [] : names.map(evidence),
    overlay: undefined,
    aufs:
      plink.plink === undefined
        ? undefined
        : { ...plink.plink, origin: undefined, obstacle: told ? obstacle(facts) : undefined },
  };
  return { ...facts, entry, mayBeLive: verdict.mayBeLive, accounted: isAccounted(facts) };
}

/** As many names as the mount's own link count tells. */
function isAccounted({ names }: MountedFacts): boolean {
  const [first] = names;
  return first !== undefined && names.length >= first.shown.nlink;
}

interface Verdict {
  readonly state: EntryState;
  readonly reason?: string;
  readonly mayBeLive: boolean;
}

function judge({ plink, names, blind }: MountedFacts): Verdict {
  if (plink.plink === undefined)
    return { state: 'junk', reason: 'not a name that aufs gives a pseudo-link', mayBeLive: false };
  const { unionInode, branchInode } = plink.plink;
  if (branchInode !== plink.stat.ino) {
    return {
      state: 'damaged',
      reason: `its name tells inode ${branchInode}, but it is inode ${plink.stat.ino}: the branch was copied`,
      mayBeLive: false,
    };
  }
  const [first] = names;
  if (first === undefined) {
    const [hidden] = blind;
    return {
      state: 'ambiguous',
      reason:
        hidden === undefined
          ? `no name of the mounted union has its number ${unionInode}: a leftover of an earlier mount, or all of its names were removed`
          : `no name was found, but /${hidden.path} cannot be looked at (${hidden.code})`,
      mayBeLive: hidden !== undefined,
    };
  }
  const unknown = names.find(({ is }) => is === 'unknown');
  if (unknown !== undefined) {
    return {
      state: 'ambiguous',
      reason: `what its name /${unknown.path} is on the branches cannot be told: they are not reached under the paths that the kernel tells`,
      mayBeLive: true,
    };
  }
  const stranger = names.find((name) => isStranger(name, plink.stat));
  if (stranger !== undefined) {
    return {
      state: 'ambiguous',
      reason: `a leftover of an earlier mount: its number ${unionInode} is now that of another file, /${stranger.path}`,
      mayBeLive: false,
    };
  }
  return { state: names.some(({ is }) => is === 'lower') ? 'restorable' : 'complete', mayBeLive: true };
}

/** Whether a name that shows the entry's number is visibly not the entry's file. */
function isStranger({ is, shown, lower, sameTarget }: ShownName, entry: Stat): boolean {
  if (is === 'entry') return false;
  if (is === 'other' || !sameTarget || !looksLike(shown, entry)) return true;
  // Reading links nothing but a pseudo-link's name; what cannot be read would be copied up by the touch. There the
  // change time decides, which the mount tells of the very inode that it shows.
  return (
    lower !== undefined &&
    (!isRegular(shown) || shown.size === 0n) &&
    looksLike(shown, lower) &&
    shown.ctime === lower.ctime &&
    shown.ctime !== entry.ctime
  );
}

/** The same in type, size, times and owner: all that an lstat tells of a file but its place. */
function looksLike(a: Stat, b: Stat): boolean {
  return (
    a.mode === b.mode &&
    a.size === b.size &&
    a.mtime === b.mtime &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.rdev === b.rdev
  );
}

function obstacle(facts: MountedFacts): string | undefined {
  const [hidden] = facts.blind;
  if (hidden !== undefined && !isAccounted(facts)) {
    return `a name of it may be in /${hidden.path}, which cannot be looked at (${hidden.code})`;
  }
  const { names, plink } = facts;
  // A file that no pseudo-link of this mount stands for shows the link count of its inode, the entry included;
  // one that has a pseudo-link shows the count of the names.
  const own = names.every(({ is, shown }) => is === 'entry' && shown.nlink === plink.stat.nlink);
  return own
    ? 'it may be a leftover of an earlier mount, with names that this mount no longer shows as one file: unmount, then flush the branches'
    : undefined;
}

function evidence({ path, shown, at }: ShownName): string {
  return `/${path}: inode ${shown.ino} in the union, ${shown.size} bytes, on branch ${at.branch}`;
}
