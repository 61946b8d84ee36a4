import { pread } from '../../sys/data.js';
import { withFd } from '../../sys/open.js';
import {
  type Facts,
  isRegular,
  isSymlink,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFMT,
  S_IFSOCK,
} from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { openQuietFile } from '../findings/same-data.js';
import type { RawPlink } from './aufs-index.js';
import { type FileAt, type Likeness, likeness } from './aufs-likeness.js';
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

interface UnreadFile {
  readonly file: Namesake;
  readonly code: string;
}

interface Case {
  readonly plink: RawPlink;
  readonly file: FileAt;
  readonly head: Buffer;
  /** Lower files with a single link are compared as well: only `ln` ever gave such a file an entry. */
  readonly singles: boolean;
  readonly found: Map<string, Candidate>;
  /** The errno's name where the entry itself could not be read. */
  blind: string | undefined;
}

/** Bytes of a file that are looked at to decide whether the rest of it is compared. */
const HEAD = 16 * 1024;

/** Bytes that must be equal where the look is taken. */
const PROBE = 16;

/** Entries up to which each is held against every lower file, whatever its first byte: 100 ms for 100,000 files. */
const FEW = 200;

/** Enough to show that nothing is proved; entries made of scripts or licence texts are like thousands of files. */
const MOST = 100;

/** Lower files that cannot be read of which each is held against each entry; with more, nothing is proved of any. */
const MOST_UNREAD = 1000;

/** Entries that lower files are compared with, found by a file's size, time, first byte or number. */
export class Candidates {
  readonly #cases = new Map<RawPlink, Case>();
  readonly #byKey = new Map<string, Case[]>();
  /** By type, the size of the largest lower file that is worth a look. */
  readonly #limits = new Map<number, bigint>();
  readonly #singleLimits = new Map<number, bigint>();
  readonly #unread = new Map<string, UnreadFile>();
  /** The first that was one too many. */
  #unreadBeyond: UnreadFile | undefined;

  /**
   * @param file - the entry itself
   * @param singles - whether lower files with a single link count; all others are few, and quickly read
   */
  add(plink: RawPlink, file: FileAt, singles: boolean): void {
    const head = headOf(file);
    const blind = typeof head === 'string' ? head : undefined;
    const own = typeof head === 'string' ? NOTHING : head;
    const each: Case = { plink, file, head: own, singles, found: new Map(), blind };
    this.#cases.set(plink, each);
    const type = file.stat.mode & S_IFMT;
    for (const limits of singles ? [this.#limits, this.#singleLimits] : [this.#limits]) {
      const known = limits.get(type) ?? 0n;
      limits.set(type, largest(file) > known ? largest(file) : known);
    }
    for (const key of keysOf(file, own)) {
      const list = this.#byKey.get(key);
      if (list === undefined) this.#byKey.set(key, [each]);
      else list.push(each);
    }
  }

  get isEmpty(): boolean {
    return this.#cases.size === 0;
  }

  /** Compares one lower file with every entry that its first bytes do not rule out. */
  consider(lower: Namesake, at: FileAt): void {
    const { size, mode } = at.stat;
    const twinned = this.#byKey.has(twinKey(at));
    // Reading a file costs a seek on a cold disk: most lower files have one link, or are too large.
    if (!twinned && size > this.#limitOf(at.stat)) return;
    const head = headOf(at);
    if (typeof head === 'string') {
      this.miss(lower, head);
      return;
    }
    const near = new Set(keysOf(at, head).flatMap((key) => this.#byKey.get(key) ?? []));
    // A file whose start was written over, and that then grew, is found by what stands behind.
    if (this.#cases.size <= FEW && head.length > 0) for (const each of this.#cases.values()) near.add(each);
    for (const each of near) {
      const { file, head: own, found } = each;
      if ((file.stat.mode & S_IFMT) !== (mode & S_IFMT) || !mayBe(each, at.stat)) continue;
      if (file.stat.size !== size && !sharesProbe(own, head)) continue;
      const like = likeness(file, at);
      if (like.degree === 'unread') {
        if (like.side === 'lower') {
          this.miss(lower, like.code);
          return;
        }
        each.blind = like.code;
        this.#findUnread(each, lower);
        continue;
      }
      if (like.degree === 'impossible' || like.degree === 'none') continue;
      if (like.degree === 'alike' && found.size >= MOST) continue;
      const key = keyOf(lower);
      if (!found.has(key)) found.set(key, { file: lower, likeness: like });
    }
  }

  /**
   * Takes note of a lower file that cannot be read: it may be whatever its inode does not rule out.
   *
   * @param code - the errno's name
   */
  miss(lower: Namesake, code: string): void {
    // What was removed meanwhile is no longer there to be like anything.
    if (code === 'ENOENT') return;
    const twins = this.#byKey.get(twinKey(lower)) ?? [];
    if (twins.length === 0 && lower.stat.size > this.#limitOf(lower.stat)) return;
    const key = keyOf(lower);
    if (!this.#unread.has(key) && this.#unread.size >= MOST_UNREAD)
      this.#unreadBeyond ??= { file: lower, code };
    else this.#unread.set(key, { file: lower, code });
    for (const each of twins) this.#findUnread(each, lower);
  }

  /** Size and time are known without reading, and tell a person something. */
  #findUnread({ file, found }: Case, lower: Namesake): void {
    const { atBest } = unread('lower', '', file.stat, lower.stat);
    const key = keyOf(lower);
    if (!atBest.twin || found.size >= MOST || found.has(key)) return;
    found.set(key, { file: lower, likeness: { ...atBest, degree: 'alike', share: 0 } });
  }

  #limitOf({ nlink, mode }: Facts): bigint {
    return (nlink > 1 ? this.#limits : this.#singleLimits).get(mode & S_IFMT) ?? -1n;
  }

  /** What was found for an entry, each lower inode once. */
  of(plink: RawPlink): readonly Candidate[] {
    return [...(this.#cases.get(plink)?.found.values() ?? [])];
  }

  /** Lower files that an entry may be the copy of for all that is known: they, or the entry, could not be read. */
  unreadOf(plink: RawPlink): readonly UnreadCandidate[] {
    const each = this.#cases.get(plink);
    if (each === undefined || this.#unread.size === 0) return NONE;
    const unreads: UnreadCandidate[] = [];
    for (const { file, code } of this.#unread.values()) {
      if (!mayBe(each, file.stat)) continue;
      unreads.push({ file, code, likeness: unread('lower', code, each.file.stat, file.stat).atBest });
    }
    if (this.#unreadBeyond !== undefined) unreads.push({ ...this.#unreadBeyond, likeness: ANYTHING });
    return unreads;
  }

  /** The errno's name where an entry itself could not be read and compared; undefined where it could. */
  blindOf(plink: RawPlink): string | undefined {
    return this.#cases.get(plink)?.blind;
  }
}

const NONE: readonly never[] = [];

const ANYTHING: Likeness = { degree: 'same', share: 1, twin: true, sameRights: true };

const keyOf = (lower: Namesake): string => lowerKey(lower.branch, lower);

/** Whether a lower file's size and links let an entry be its copy. */
function mayBe({ file, singles }: Case, lower: Facts): boolean {
  const twin = file.stat.size === lower.size && file.stat.mtime === lower.mtime;
  return twin || (lower.size <= largest(file) && (lower.nlink > 1 || singles));
}

const twinKey = ({ stat: { mode, size, mtime } }: { readonly stat: Facts }): string =>
  `twin ${mode & S_IFMT} ${size} ${mtime}`;

/** The size of a lower file of which half can still be in an entry. */
const largest = ({ stat: { size } }: FileAt): bigint => 2n * size;

function keysOf(file: FileAt, head: Buffer): string[] {
  const { stat } = file;
  const type = stat.mode & S_IFMT;
  const keys = [twinKey(file)];
  if (isRegular(stat)) keys.push(`size ${stat.size}`);
  if (isRegular(stat) && head.length > 0) keys.push(`byte ${head[0]}`);
  if (isSymlink(stat)) keys.push(`target of ${stat.size}`);
  if (type === S_IFCHR || type === S_IFBLK) keys.push(`device ${type} ${stat.rdev}`);
  if (type === S_IFIFO || type === S_IFSOCK) keys.push(`nothing in it ${type}`);
  return keys;
}

/** Whether half of the first bytes are equal, or all of some further behind. */
function sharesProbe(upper: Buffer, lower: Buffer): boolean {
  if (lower.length === 0) return true;
  const length = Math.min(PROBE, lower.length);
  let equal = 0;
  for (let i = 0; i < length && i < upper.length; i++) if (lower[i] === upper[i]) equal += 1;
  if (equal * 2 >= length) return true;
  const start = Math.floor((lower.length * 2) / 3);
  const probe = lower.subarray(start, start + PROBE);
  return probe.some((byte) => byte !== 0) && upper.subarray(start, start + probe.length).equals(probe);
}

const NOTHING = Buffer.alloc(0);

/** The first bytes of a regular file, of another none; the errno's name where it cannot be read. */
function headOf(file: FileAt): Buffer | string {
  if (!isRegular(file.stat) || file.stat.size === 0n) return NOTHING;
  const head = Buffer.alloc(Math.min(HEAD, Number(file.stat.size)));
  try {
    return head.subarray(
      0,
      withFd(openQuietFile(file), (fd) => pread(fd, head, 0)),
    );
  } catch (error) {
    if (isSysError(error)) return error.code;
    throw error;
  }
}
