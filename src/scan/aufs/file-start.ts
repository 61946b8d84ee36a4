import { pread } from '../../sys/data.js';
import { withFd } from '../../sys/open.js';
import { isRegular, isSymlink } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { openQuietFile } from '../findings/same-data.js';
import { type FileAt, targetOf } from './aufs-likeness.js';

/** Bytes of a file that are looked at to decide whether the rest of it is compared. */
const START = 16 * 1024;

/** Bytes that must be equal where the look is taken. */
const PROBE = 16;

/** Bytes of which the first {@link PROBE} are looked up: half of them equal leaves one such piece whole, mostly. */
const PIECE = 4;

/** Two thirds of the most that is read, and each half of that: what stands behind a start that was written over. */
const OFFSETS = Array.from({ length: 11 }, (_, i) => Math.floor((START * 2) / 3 / 2 ** i)).reverse();

/** Bytes that are kept: of a file too short for a probe they are all there is. */
const FIRST = 2 * PROBE;

/** What is looked at of a file to tell which others it may be like. */
export interface FileStart {
  /** Up to 32 bytes; none of a file that is not regular. */
  readonly first: Buffer;
  /** Texts of which files that are like one another have one in common, mostly: its pieces and its probes. */
  readonly pieces: readonly string[];
  readonly probes: readonly string[];
  /** That of the probes which is nearest to two thirds of what was read. */
  readonly behind: string | undefined;
  /** Of a symlink. */
  readonly target: string | undefined;
}

const NONE: FileStart = {
  first: Buffer.alloc(0),
  pieces: [],
  probes: [],
  behind: undefined,
  target: undefined,
};

let memory: Buffer | undefined;

/** Looks at a regular file's first bytes, or a symlink's target; the errno's name where it cannot be read. */
export function startOf(file: FileAt): FileStart | string {
  try {
    if (isSymlink(file.stat)) return { ...NONE, target: targetOf(file) };
    if (!isRegular(file.stat) || file.stat.size === 0n) return NONE;
    memory ??= Buffer.alloc(START);
    const bytes = memory;
    return startIn(
      bytes.subarray(
        0,
        withFd(openQuietFile(file), (fd) => pread(fd, bytes, 0)),
      ),
    );
  } catch (error) {
    if (isSysError(error)) return error.code;
    throw error;
  }
}

/** @param head - the first bytes of a regular file */
export function startIn(head: Buffer): FileStart {
  const first = Buffer.from(head.subarray(0, FIRST));
  const pieces: string[] = [];
  for (let at = 0; at < first.length && at < PROBE; at += PIECE) {
    pieces.push(`piece ${at} ${first.toString('latin1', at, at + PIECE)}`);
  }
  const probes: string[] = [];
  let behind: string | undefined;
  for (const offset of OFFSETS) {
    if (offset + PROBE > head.length) break;
    const probe = head.subarray(offset, offset + PROBE);
    // Zeros stand everywhere in sparse and binary files.
    const text = probe.some((byte) => byte !== 0) ? `probe ${offset} ${probe.toString('latin1')}` : undefined;
    if (text !== undefined) probes.push(text);
    if (offset * 3 <= head.length * 2) behind = text;
  }
  return { first, pieces, probes, behind, target: undefined };
}

/** Whether half of the first bytes of a lower file are those of an upper one, or the last third of a very short one is. */
export function halfAgrees(upper: Buffer, lower: Buffer): boolean {
  const length = Math.min(PROBE, lower.length);
  let equal = 0;
  for (let i = 0; i < length && i < upper.length; i += 1) if (lower[i] === upper[i]) equal += 1;
  if (equal * 2 >= length) return true;
  if (lower.length === FIRST) return false;
  const start = Math.floor((lower.length * 2) / 3);
  const last = lower.subarray(start);
  return last.some((byte) => byte !== 0) && upper.subarray(start, lower.length).equals(last);
}

/** Whether a lower file's first bytes are all those of an upper one. */
export function agrees(upper: Buffer, lower: Buffer): boolean {
  return lower.length <= upper.length && upper.compare(lower, 0, lower.length, 0, lower.length) === 0;
}
