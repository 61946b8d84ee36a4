import type { Bytes } from '../../sys/bytes.js';
import type { Stat } from '../../sys/stat.js';
import type { BranchPath, MissingDirectory, MissingName, Unreadable } from '../result.js';

/** What the walk found of one index entry. */
export interface EntryNames {
  /** Name of the entry. */
  readonly key: string;
  names: readonly Bytes[];
  missing: readonly MissingName[];
  /** Names of the lower file that do not show, since a higher layer covers them. */
  covered: readonly BranchPath[];
  /** How many names the lower file was found to have outside of all lowers. */
  outside: number;
  /** Links of the lower file in its own file system; undefined until a name of it was met. */
  lowerNlink: number | undefined;
  /** The lower file is a whiteout in the form of an attribute: no name of it shows. */
  whiteout: boolean;
  /** Upper names with the entry's origin and another inode. */
  twins: readonly Bytes[];
  /** Another name of the lower file may be met. */
  awaited: boolean;
  /** The entry's own type, as `S_IFMT` bits; undefined where it has no inode. */
  readonly type: number | undefined;
  /** That of the lower file. */
  lowerType: number | undefined;
}

/** An upper file that carries an origin which no index entry has. */
export interface UnindexedFile {
  readonly path: Bytes;
  /** Hex of its origin: the name its entry would have. */
  readonly key: string;
  readonly hasNlink: boolean;
  readonly nlink: number;
}

/** What is known of the inode that a sought entry is a link of. */
export type SoughtInode = Pick<Stat, 'dev' | 'ino' | 'mode'>;

/** What was found in the upper layer beside names of entries. */
export interface UpperFindings {
  readonly unindexed: readonly UnindexedFile[];
  /** Files that carry a link count for an index entry, and no origin that could name one. */
  readonly counted: readonly Bytes[];
  /** Directories whose times an interrupted run still owes. */
  readonly owedTimes: readonly Bytes[];
}

/** What one of two walks that share the work has found. */
export interface FoundNames {
  readonly entries: readonly EntryNames[];
  readonly unreadable: readonly Unreadable[];
  readonly directories: readonly MissingDirectory[];
  readonly upper: UpperFindings;
  /** Redirects that were followed. */
  readonly redirects: number;
}

const none: readonly never[] = [];

/** An entry of which nothing was met yet. */
export function noNames(key: string, type: number | undefined): EntryNames {
  return {
    key,
    names: none,
    missing: none,
    covered: none,
    outside: 0,
    lowerNlink: undefined,
    whiteout: false,
    twins: none,
    awaited: true,
    type,
    lowerType: undefined,
  };
}

/** Forgets which names were met of an entry; what its lower file has told stays. */
export function forgetNames(found: EntryNames): void {
  found.names = none;
  found.missing = none;
  found.covered = none;
  found.outside = 0;
  found.twins = none;
}

/** Whether the lower file that shows under a name is of another type than the entry. */
export function typeDiffers({ type, lowerType, missing }: EntryNames): boolean {
  return missing.length > 0 && type !== undefined && type !== lowerType;
}

/** How often a name of the lower file was met; the same one twice where a redirect leads to it a second way. */
export function timesMet({ missing, covered }: EntryNames): number {
  return missing.length + covered.length;
}

/** How many links of the lower file are accounted for: as often as it was {@link timesMet}, and outside of all lowers. */
export function linksMet(found: EntryNames): number {
  return timesMet(found) + found.outside;
}

/** Where the lower file's names were met, visible or covered. */
export function lowerPlaces({ missing, covered }: EntryNames): BranchPath[] {
  return [...missing.map(({ lower }) => lower), ...covered];
}

/** Different names of the lower file that were met, each once however it was reached. */
export function lowerNames(found: EntryNames): number {
  return new Set(lowerPlaces(found).map(({ branch, path }) => `${branch}/${path}`)).size;
}
