import type { Facts } from '../../sys/stat.js';
import type { RawPlink } from './aufs-index.js';
import type { FileAt, Likeness } from './aufs-likeness.js';
import { mayRival } from './aufs-proof.js';
import { lowerKey, type Namesake } from './namesake.js';
import { unread } from './unread.js';

/** A lower file that an entry may be the copy of, by what is in them. */
export interface Candidate {
  readonly file: Namesake;
  readonly likeness: Likeness;
}

/** A lower file that could not be read; its likeness is the most that it may be. */
export interface UnreadCandidate extends Candidate {
  /** The errno's name. */
  readonly code: string;
}

/** The lower file that an entry's names prove, and how much it is like that. */
export interface Claim {
  readonly origin: Namesake;
  readonly own: Likeness;
  /** Its content bears the names out: only what speaks against them is looked for. */
  readonly firm: boolean;
}

/** An entry that lower files are compared with, and what has come of that. */
export interface AufsCase {
  readonly plink: RawPlink;
  readonly file: FileAt;
  readonly first: Buffer;
  /** Lower files with a single link are compared as well: only `ln` ever gave such a file an entry. */
  readonly singles: boolean;
  readonly claim: Claim | undefined;
  found: Map<string, Candidate> | undefined;
  /** Files that it was compared with. */
  compared: number;
  /** One that it was not, for it was compared with enough, and that may be what it is the copy of. */
  beyond: Namesake | undefined;
  /** The errno's name where the entry itself could not be read. */
  blind: string | undefined;
}

/** Enough to show that nothing is proved; entries made of scripts or licence texts are like thousands of files. */
const MOST = 100;

/** Where nothing is proved the comparisons only help a person. */
export function isDone({ compared, claim, beyond }: AufsCase, allowance: number): boolean {
  return compared >= allowance && (claim === undefined || beyond !== undefined);
}

/** Whether a lower file's size and links let an entry be its copy. */
export function mayBe({ file, singles }: AufsCase, lower: Facts): boolean {
  const twin = file.stat.size === lower.size && file.stat.mtime === lower.mtime;
  return twin || (lower.size <= largest(file) && (lower.nlink > 1 || singles));
}

/** Whether a lower file would speak against what an entry's names prove, were it as like as it may be. */
export function matters({ file, claim }: AufsCase, lower: Namesake): boolean {
  if (claim === undefined) return false;
  const likeness = unread('lower', '', file.stat, lower.stat).atBest;
  return mayRival({ file: lower, likeness }, claim.origin, claim.own);
}

/** Keeps what is like an entry; of files that are a little like it those that are most. */
export function find(each: AufsCase, candidate: Candidate): void {
  if (candidate.likeness.degree === 'impossible' || candidate.likeness.degree === 'none') return;
  each.found ??= new Map();
  const { found } = each;
  const key = keyOf(candidate.file);
  if (found.has(key)) return;
  if (candidate.likeness.degree === 'alike' && found.size >= MOST) {
    let least: readonly [string, Candidate] | undefined;
    for (const one of found) {
      const { degree, share } = one[1].likeness;
      if (degree === 'alike' && share < (least?.[1].likeness.share ?? candidate.likeness.share)) least = one;
    }
    if (least === undefined) return;
    found.delete(least[0]);
  }
  found.set(key, candidate);
}

/** Size and time are known without reading, and tell a person something. */
export function findUnread(each: AufsCase, lower: Namesake): void {
  const { atBest } = unread('lower', '', each.file.stat, lower.stat);
  if (atBest.twin) find(each, { file: lower, likeness: { ...atBest, degree: 'alike', share: 0 } });
}

/** Tells a lower file from others. */
export const keyOf = (lower: Namesake): string => lowerKey(lower.branch, lower);

/** The size of a lower file of which half can still be in an entry. */
export const largest = ({ stat: { size } }: FileAt): bigint => 2n * size;
