import { type Facts, isRegular, isSymlink, S_IFBLK, S_IFCHR, S_IFMT } from '../../sys/stat.js';
import type { RawPlink } from './aufs-index.js';
import { type FileAt, type Likeness, likeness } from './aufs-likeness.js';
import { mayRival } from './aufs-proof.js';
import { agrees, type FileStart, halfAgrees, startOf } from './file-start.js';
import { HashIndex } from './hash-index.js';
import { lowerKey, type Namesake } from './namesake.js';
import { unread } from './unread.js';
import { UnreadFiles } from './unread-files.js';

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

interface Case {
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

/** Entries up to which each is held against every lower file, whatever its first byte: 100 ms for 100,000 files. */
const FEW = 200;

/** Entries of one size up to which each is compared with every lower file of that size. */
const FEW_OF_A_SIZE = 16;

/** Enough to show that nothing is proved; entries made of scripts or licence texts are like thousands of files. */
const MOST = 100;

/** Comparisons in all, each of 10 to 100 microseconds; but as many as {@link LEAST} of each entry. */
const COMPARISONS = 500_000;
const LEAST = 50;

/** Entries that lower files are compared with, found by a file's size, time, first bytes or number. */
export class Candidates {
  readonly #cases: Case[] = [];
  readonly #byPlink = new Map<RawPlink, Case>();
  readonly #index = new HashIndex();
  /** By type, the size of the largest lower file that is worth a look. */
  readonly #limits = new Map<number, bigint>();
  readonly #singleLimits = new Map<number, bigint>();
  readonly #unread = new UnreadFiles();
  readonly #most: number | undefined;

  /** @param most - files that each entry is compared with; by how many entries there are unless told */
  constructor(most?: number) {
    this.#most = most;
  }

  /**
   * @param file - the entry itself
   * @param singles - whether lower files with a single link count; all others are few, and quickly read
   * @param claim - what its names prove, where they prove something
   */
  add(plink: RawPlink, file: FileAt, singles: boolean, claim: Claim | undefined): void {
    // Nothing but a twin speaks against a twin.
    const start = claim?.firm === true && claim.own.degree === 'same' ? undefined : startOf(file);
    const known = typeof start === 'object' ? start : undefined;
    const each: Case = {
      plink,
      file,
      first: known?.first ?? NOTHING,
      singles,
      claim,
      found: undefined,
      compared: 0,
      beyond: undefined,
      blind: typeof start === 'string' ? start : undefined,
    };
    const number = this.#cases.push(each) - 1;
    this.#byPlink.set(plink, each);
    const type = file.stat.mode & S_IFMT;
    for (const limits of singles ? [this.#limits, this.#singleLimits] : [this.#limits]) {
      const least = limits.get(type) ?? 0n;
      limits.set(type, largest(file) > least ? largest(file) : least);
    }
    this.#index.add(twinKey(file), number);
    if (isSymlink(file.stat)) this.#index.add(lengthKey(file), number);
    if (known === undefined) return;
    for (const key of [...alikeKeys(file, known), ...known.probes, ...known.pieces])
      this.#index.add(key, number);
    const [byte] = known.first;
    if (byte !== undefined) this.#index.add(`byte ${byte}`, number);
  }

  get isEmpty(): boolean {
    return this.#cases.length === 0;
  }

  /** Compares one lower file with every entry that its first bytes do not rule out. */
  consider(lower: Namesake, at: FileAt): void {
    // Reading a file costs a seek on a cold disk: most lower files have one link, or are too large.
    if (this.#isTooLarge(at.stat)) return;
    if (isSymlink(at.stat) && this.#index.count(lengthKey(at)) === 0) return;
    const start = startOf(at);
    if (typeof start === 'string') {
      this.miss(lower, start);
      return;
    }
    for (const each of this.#near(lower, at, start)) {
      if (!this.#compare(each, lower, at)) return;
    }
  }

  /** @returns false where the lower file cannot be read */
  #compare(each: Case, lower: Namesake, at: FileAt): boolean {
    const { claim, found } = each;
    const key = keyOf(lower);
    // Another name of what was compared already.
    if (found?.has(key) === true) return true;
    if (claim !== undefined && key === keyOf(claim.origin)) {
      find(each, { file: lower, likeness: claim.own });
      return true;
    }
    if (each.compared >= this.#allowance) {
      if (each.beyond === undefined && matters(each, lower)) each.beyond = lower;
      return true;
    }
    each.compared += 1;
    const like = likeness(each.file, at);
    if (like.degree === 'unread') {
      if (like.side === 'lower') {
        this.miss(lower, like.code);
        return false;
      }
      each.blind = like.code;
      findUnread(each, lower);
    } else {
      find(each, { file: lower, likeness: like });
    }
    return true;
  }

  /** Numbers of the entries with a key, but for those of which nothing more is to be told. */
  #open(key: string): readonly number[] {
    return this.#index.of(key, (number) => !isDone(this.#cases[number] as Case, this.#allowance));
  }

  /** Files that each entry is compared with. */
  get #allowance(): number {
    return this.#most ?? Math.max(LEAST, COMPARISONS / this.#cases.length);
  }

  /** Entries that a lower file may be like. */
  *#near(lower: Namesake, at: FileAt, start: FileStart): Generator<Case> {
    const { size, mode } = at.stat;
    const sure = new Set(this.#open(twinKey(at)));
    let manyOfSize = false;
    for (const key of alikeKeys(at, start)) {
      manyOfSize = isRegular(at.stat) && size > 0n && this.#index.count(key) > FEW_OF_A_SIZE;
      if (!manyOfSize) for (const number of this.#open(key)) sure.add(number);
    }
    const behind = new Set(start.behind === undefined ? NONE : this.#open(start.behind));
    const sharing = new Set(behind);
    if (manyOfSize)
      for (const probe of start.probes)
        for (const number of this.#open(probe))
          if (this.#cases[number]?.file.stat.size === size) sharing.add(number);
    const near = new Set([...sure, ...sharing, ...this.#withFirst(start)]);
    for (const number of near) {
      const each = this.#cases[number] as Case;
      const { file, first, claim } = each;
      if ((file.stat.mode & S_IFMT) !== (mode & S_IFMT) || !mayBe(each, at.stat)) continue;
      if (claim?.firm === true) {
        if (!matters(each, lower)) continue;
        const twin = file.stat.size === size && file.stat.mtime === at.stat.mtime;
        const mayHold = agrees(first, start.first) && (start.behind === undefined || behind.has(number));
        if (twin || mayHold) yield each;
      } else if (sure.has(number) || sharing.has(number) || halfAgrees(first, start.first)) yield each;
    }
  }

  /** Numbers of the entries whose first bytes may be a lower file's: all of few, of many those with a piece of them. */
  #withFirst({ first, pieces }: FileStart): Iterable<number> {
    const [byte] = first;
    if (byte === undefined) return NONE;
    if (this.#cases.length <= FEW) return this.#cases.keys();
    const key = `byte ${byte}`;
    if (pieces.length < 4 || this.#index.count(key) <= FEW) return this.#open(key);
    return pieces.flatMap((piece) => this.#open(piece));
  }

  /**
   * Takes note of a lower file that cannot be read: it may be whatever its inode does not rule out.
   *
   * @param code - the errno's name
   */
  miss(lower: Namesake, code: string): void {
    // What was removed meanwhile is no longer there to be like anything.
    if (code === 'ENOENT' || this.#isTooLarge(lower.stat)) return;
    this.#unread.add(lower, code);
    for (const number of this.#open(twinKey(lower))) findUnread(this.#cases[number] as Case, lower);
  }

  #isTooLarge(stat: Facts): boolean {
    const limit = (stat.nlink > 1 ? this.#limits : this.#singleLimits).get(stat.mode & S_IFMT) ?? -1n;
    return stat.size > limit && this.#index.count(twinKey({ stat })) === 0;
  }

  /** What was found for an entry, each lower inode once. */
  of(plink: RawPlink): readonly Candidate[] {
    return [...(this.#byPlink.get(plink)?.found?.values() ?? NONE)];
  }

  /** Lower files that an entry may be the copy of for all that is known: they could not be read. */
  unreadOf(plink: RawPlink): readonly UnreadCandidate[] {
    const each = this.#byPlink.get(plink);
    if (each === undefined) return NONE;
    const unreads: UnreadCandidate[] = [];
    for (const { file, code } of this.#unread.all) {
      if (!mayBe(each, file.stat)) continue;
      unreads.push({ file, code, likeness: unread('lower', code, each.file.stat, file.stat).atBest });
    }
    const { beyond } = this.#unread;
    if (beyond !== undefined) unreads.push({ ...beyond, likeness: ANYTHING });
    return unreads;
  }

  /** The errno's name where an entry itself could not be read and compared; undefined where it could. */
  blindOf(plink: RawPlink): string | undefined {
    return this.#byPlink.get(plink)?.blind;
  }

  /** A lower file that an entry may be the copy of, and was not compared with: too many others were. */
  beyondOf(plink: RawPlink): Namesake | undefined {
    return this.#byPlink.get(plink)?.beyond;
  }
}

const NONE: readonly never[] = [];

const NOTHING = Buffer.alloc(0);

const ANYTHING: Likeness = { degree: 'same', share: 1, twin: true, sameRights: true };

/** Where nothing is proved the comparisons only help a person. */
function isDone({ compared, claim, beyond }: Case, allowance: number): boolean {
  return compared >= allowance && (claim === undefined || beyond !== undefined);
}

/** Whether a lower file's size and links let an entry be its copy. */
function mayBe({ file, singles }: Case, lower: Facts): boolean {
  const twin = file.stat.size === lower.size && file.stat.mtime === lower.mtime;
  return twin || (lower.size <= largest(file) && (lower.nlink > 1 || singles));
}

/** Whether a lower file would speak against what an entry's names prove, were it as like as it may be. */
function matters({ file, claim }: Case, lower: Namesake): boolean {
  if (claim === undefined) return false;
  const likeness = unread('lower', '', file.stat, lower.stat).atBest;
  return mayRival({ file: lower, likeness }, claim.origin, claim.own);
}

/** Keeps what is like an entry; of files that are a little like it those that are most. */
function find(each: Case, candidate: Candidate): void {
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
function findUnread(each: Case, lower: Namesake): void {
  const { atBest } = unread('lower', '', each.file.stat, lower.stat);
  if (atBest.twin) find(each, { file: lower, likeness: { ...atBest, degree: 'alike', share: 0 } });
}

const keyOf = (lower: Namesake): string => lowerKey(lower.branch, lower);

const twinKey = ({ stat: { mode, size, mtime } }: { readonly stat: Facts }): string =>
  `twin ${mode & S_IFMT} ${size} ${mtime}`;

/** Of a symlink; one with a target of another length is not even read. */
const lengthKey = ({ stat: { size } }: FileAt): string => `target of ${size}`;

/** The size of a lower file of which half can still be in an entry. */
const largest = ({ stat: { size } }: FileAt): bigint => 2n * size;

/** Texts that files may have in common, whatever stands at the start of them. */
function alikeKeys({ stat }: FileAt, { target }: FileStart): readonly string[] {
  const type = stat.mode & S_IFMT;
  if (isRegular(stat)) return [`size ${stat.size}`];
  if (isSymlink(stat)) return [`target ${target}`];
  if (type === S_IFCHR || type === S_IFBLK) return [`device ${type} ${stat.rdev}`];
  return [`nothing in it ${type}`];
}
