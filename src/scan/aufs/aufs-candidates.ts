import { type Facts, isRegular, isSymlink, S_IFBLK, S_IFCHR, S_IFMT } from '../../sys/stat.js';
import {
  type AufsCase,
  type Candidate,
  type Claim,
  find,
  findUnread,
  isDone,
  keyOf,
  largest,
  matters,
  mayBe,
  type UnreadCandidate,
} from './aufs-case.js';
import type { RawPlink } from './aufs-index.js';
import { type FileAt, type Likeness, likeness } from './aufs-likeness.js';
import { agrees, type FileStart, halfAgrees, startOf } from './file-start.js';
import { HashIndex } from './hash-index.js';
import type { Namesake } from './namesake.js';
import { unread } from './unread.js';
import { UnreadFiles } from './unread-files.js';

/** Entries up to which each is held against every lower file, whatever its first byte: 100 ms for 100,000 files. */
const FEW = 200;

/** Entries of one size up to which each is compared with every lower file of that size. */
const FEW_OF_A_SIZE = 16;

/** Comparisons in all, each of 10 to 100 microseconds; but as many as {@link LEAST} of each entry. */
const COMPARISONS = 500_000;
const LEAST = 50;

/** Entries that lower files are compared with, found by a file's size, time, first bytes or number. */
export class Candidates {
  readonly #cases: AufsCase[] = [];
  readonly #byPlink = new Map<RawPlink, AufsCase>();
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
    const each: AufsCase = {
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
  #compare(each: AufsCase, lower: Namesake, at: FileAt): boolean {
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
    return this.#index.of(key, (number) => !isDone(this.#cases[number] as AufsCase, this.#allowance));
  }

  /** Files that each entry is compared with. */
  get #allowance(): number {
    return this.#most ?? Math.max(LEAST, COMPARISONS / this.#cases.length);
  }

  /** Entries that a lower file may be like. */
  *#near(lower: Namesake, at: FileAt, start: FileStart): Generator<AufsCase> {
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
      const each = this.#cases[number] as AufsCase;
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
    for (const number of this.#open(twinKey(lower))) findUnread(this.#cases[number] as AufsCase, lower);
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

const twinKey = ({ stat: { mode, size, mtime } }: { readonly stat: Facts }): string =>
  `twin ${mode & S_IFMT} ${size} ${mtime}`;

/** Of a symlink; one with a target of another length is not even read. */
const lengthKey = ({ stat: { size } }: FileAt): string => `target of ${size}`;

/** Texts that files may have in common, whatever stands at the start of them. */
function alikeKeys({ stat }: FileAt, { target }: FileStart): readonly string[] {
  const type = stat.mode & S_IFMT;
  if (isRegular(stat)) return [`size ${stat.size}`];
  if (isSymlink(stat)) return [`target ${target}`];
  if (type === S_IFCHR || type === S_IFBLK) return [`device ${type} ${stat.rdev}`];
  return [`nothing in it ${type}`];
}
