import { isBookkeeping } from '../../scan/own-marks.js';
import { chmod, chown, setTimes } from '../../sys/attributes.js';
import type { Bytes } from '../../sys/bytes.js';
import { nextData, truncate } from '../../sys/data.js';
import { mknod, readLink, symlink, unlink } from '../../sys/names.js';
import { close, createFile, O_NOATIME, O_NOFOLLOW, O_RDONLY, openBeneathAnyMount } from '../../sys/open.js';
import { isRegular, isSymlink, type Stat, stat } from '../../sys/stat.js';
import { fsync } from '../../sys/sync.js';
import { SysError } from '../../sys/sys-error.js';
import { copyPieces, preadFully } from '../../sys/whole-data.js';
import { getXattr, listXattr, setXattr } from '../../sys/xattr.js';
import type { Pace } from '../pace.js';
import { SELF } from '../site.js';
import { notCopied } from './not-copied.js';

const PIECE = 1024 * 1024;

/**
 * Copies a file of any kind but a directory to a new name, with owner, mode, attributes (but the union's own
 * bookkeeping), times to the nanosecond and holes; its data is read back and compared, and durable on return.
 *
 * @param pace - breathes between pieces; a stop then leaves no copy
 * @throws NotCopied where this file cannot be, or its copy is not what it is; SysError EEXIST where the name is taken
 */
export async function copyFile(
  fromDir: number,
  from: Bytes,
  toDir: number,
  to: Bytes,
  pace: Pace,
): Promise<void> {
  const facts = stat(fromDir, from);
  try {
    if (isRegular(facts)) await copyRegular(fromDir, from, toDir, to, facts, pace);
    else copySpecial(fromDir, from, toDir, to, facts);
  } catch (error) {
    throw notCopied(error, facts.size);
  }
}

async function copyRegular(
  fromDir: number,
  from: Bytes,
  toDir: number,
  to: Bytes,
  facts: Stat,
  pace: Pace,
): Promise<void> {
  const source = openBeneathAnyMount(fromDir, from, O_RDONLY | O_NOFOLLOW | O_NOATIME);
  try {
    const target = createFile(toDir, to, 0o600);
    try {
      // Some file systems have told a hole where data was not written back yet, and nobody else reads there.
      fsync(source);
      truncate(target, Number(facts.size));
      await throughAll(copyPieces(source, target, Number(facts.size)), pace);
      if (!(await sameData(source, target, facts.size, pace))) throw new SysError('pread', 5, to);
      dress(source, target, facts);
      fsync(target);
    } catch (error) {
      unlink(toDir, to);
      throw error;
    } finally {
      close(target);
    }
  } finally {
    close(source);
  }
}

// The order matters: a chown takes setuid and capabilities away, and any write the capabilities.
function dress(source: number, target: number, facts: Stat): void {
  chown(target, SELF, facts.uid, facts.gid);
  chmod(target, facts.mode);
  for (const attribute of listXattr(source, SELF)) {
    if (isBookkeeping(attribute)) continue;
    const value = getXattr(source, SELF, attribute);
    if (value !== undefined) setXattr(target, SELF, attribute, value);
  }
  setTimes(target, SELF, facts.atime, facts.mtime);
}

function copySpecial(fromDir: number, from: Bytes, toDir: number, to: Bytes, facts: Stat): void {
  if (isSymlink(facts)) symlink(readLink(fromDir, from), toDir, to);
  else {
    const mask = process.umask(0);
    try {
      mknod(toDir, to, facts.mode, facts.rdev);
    } finally {
      process.umask(mask);
    }
  }
  try {
    chown(toDir, to, facts.uid, facts.gid);
    for (const attribute of listXattr(fromDir, from)) {
      if (isBookkeeping(attribute)) continue;
      const value = getXattr(fromDir, from, attribute);
      if (value !== undefined) setXattr(toDir, to, attribute, value);
    }
    setTimes(toDir, to, facts.atime, facts.mtime);
  } catch (error) {
    unlink(toDir, to);
    throw error;
  }
}

async function throughAll(pieces: Iterable<void>, pace: Pace): Promise<void> {
  for (const _ of pieces) if (pace.due) await pace.breathe();
}

/** Whether two open files have `size` bytes each, the same ones. Where both have holes nothing is read. */
async function sameData(a: number, b: number, size: bigint, pace: Pace): Promise<boolean> {
  const end = Number(size);
  for (let at = 0; at < end; ) {
    const extents = [nextData(a, at), nextData(b, at)].filter((extent) => extent !== undefined);
    const start = Math.min(end, ...extents.map((extent) => extent.start));
    // A hole of the one beside data of the other reads as zeros.
    at = Math.min(
      end,
      Math.max(start, ...extents.filter((each) => each.start === start).map((each) => each.end)),
    );
    if (!(await sameBytes(a, b, start, at, pace))) return false;
  }
  return [a, b].every((fd) => stat(fd, SELF).size === size);
}

async function sameBytes(a: number, b: number, start: number, end: number, pace: Pace): Promise<boolean> {
  const [one, other] = [Buffer.allocUnsafe(PIECE), Buffer.allocUnsafe(PIECE)];
  for (let at = start; at < end; ) {
    const wanted = Math.min(PIECE, end - at);
    const length = preadFully(a, one.subarray(0, wanted), at);
    if (length < wanted || preadFully(b, other.subarray(0, wanted), at) < wanted) return false;
    if (!one.subarray(0, wanted).equals(other.subarray(0, wanted))) return false;
    at += wanted;
    if (pace.due) await pace.breathe();
  }
  return true;
}
