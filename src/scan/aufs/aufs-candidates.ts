import { pread } from '../../sys/data.js';
import { inodeKey } from '../../sys/inode-id.js';
import { withFd } from '../../sys/open.js';
import { isRegular, isSymlink, S_IFBLK, S_IFCHR, S_IFIFO, S_IFMT, S_IFSOCK } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { openQuietFile } from '../findings/same-data.js';
import type { RawPlink } from './aufs-index.js';
import { type FileAt, type Likeness, likeness } from './aufs-likeness.js';
import type { Namesake } from './namesake.js';

/** A lower file that an entry may be the copy of, by what is in them. */
export interface Candidate {
  readonly file: Namesake;
  readonly likeness: Likeness;
}

interface Case {
  readonly plink: RawPlink;
  readonly file: FileAt;
  readonly head: Buffer;
  /** Lower files with a single link are compared as well: only `ln` ever gave such a file an entry. */
  readonly singles: boolean;
  readonly found: Map<string, Candidate>;
}

/** Bytes of a file that are looked at to decide whether the rest of it is compared. */
const HEAD = 16 * 1024;

/** Bytes that must be equal where the look is taken. */
const PROBE = 16;

/** Entries up to which each is held against every lower file, whatever its first byte: 100 ms for 100,000 files. */
const FEW = 200;

/** Enough to show that nothing is proved; entries made of scripts or licence texts are like thousands of files. */
const MOST = 100;

/** Entries that lower files are compared with, found by a file's size, time, first byte or number. */
export class Candidates {
  readonly #cases = new Map<RawPlink, Case>();
  readonly #byKey = new Map<string, Case[]>();
  /** By type, the size of the largest lower file that is worth a look. */
  readonly #limits = new Map<number, bigint>();
  readonly #singleLimits = new Map<number, bigint>();

  /**
   * @param file - the entry itself
   * @param singles - whether lower files with a single link count; all others are few, and quickly read
   */
  add(plink: RawPlink, file: FileAt, singles: boolean): void {
    const each: Case = { plink, file, head: headOf(file), singles, found: new Map() };
    this.#cases.set(plink, each);
    const type = file.stat.mode & S_IFMT;
    for (const limits of singles ? [this.#limits, this.#singleLimits] : [this.#limits]) {
      const known = limits.get(type) ?? 0n;
      limits.set(type, largest(file) > known ? largest(file) : known);
    }
    for (const key of keysOf(file, each.head)) {
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
    const { nlink, size, mode } = at.stat;
    const twinned = this.#byKey.has(twinKey(at));
    const limit = (nlink > 1 ? this.#limits : this.#singleLimits).get(mode & S_IFMT) ?? -1n;
    // Reading a file costs a seek on a cold disk: most lower files have one link, or are too large.
    if (!twinned && size > limit) return;
    const head = headOf(at);
    const near = new Set(keysOf(at, head).flatMap((key) => this.#byKey.get(key) ?? []));
    // A file whose start was written over, and that then grew, is found by what stands behind.
    if (this.#cases.size <= FEW && head.length > 0) for (const each of this.#cases.values()) near.add(each);
    for (const each of near) {
      const { file, head: own, singles, found } = each;
      if ((file.stat.mode & S_IFMT) !== (mode & S_IFMT)) continue;
      const twin = file.stat.size === size && file.stat.mtime === at.stat.mtime;
      if (!twin && (size > largest(file) || (nlink === 1 && !singles))) continue;
      if (file.stat.size !== size && !sharesProbe(own, head)) continue;
      const like = likeness(file, at);
      if (like.degree === 'impossible' || like.degree === 'none') continue;
      if (like.degree === 'alike' && found.size >= MOST) continue;
      const key = `${lower.branch}/${inodeKey(lower)}`;
      if (!found.has(key)) found.set(key, { file: lower, likeness: like });
    }
  }

  /** What was found for an entry, each lower inode once. */
  of(plink: RawPlink): readonly Candidate[] {
    return [...(this.#cases.get(plink)?.found.values() ?? [])];
  }
}

const twinKey = ({ stat: { mode, size, mtime } }: FileAt): string => `twin ${mode & S_IFMT} ${size} ${mtime}`;

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

function headOf(file: FileAt): Buffer {
  if (!isRegular(file.stat) || file.stat.size === 0n) return Buffer.alloc(0);
  const head = Buffer.alloc(Math.min(HEAD, Number(file.stat.size)));
  try {
    return head.subarray(
      0,
      withFd(openQuietFile(file), (fd) => pread(fd, head, 0)),
    );
  } catch (error) {
    if (isSysError(error, 'EACCES', 'EPERM', 'ENOENT', 'ENXIO', 'EIO')) return Buffer.alloc(0);
    throw error;
  }
}
