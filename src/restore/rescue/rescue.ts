import { existsSync } from 'node:fs';
import { Problem } from '../../problem.js';
import { TEMPORARY_PREFIX } from '../../scan/own-marks.js';
import { type Bytes, joinBytes, parentOf, toBuffer } from '../../sys/bytes.js';
import { inodeKey } from '../../sys/inode-id.js';
import { makePrivateDirectories } from '../../sys/make-private-directories.js';
import { RENAME_NOREPLACE, rename, unlink } from '../../sys/names.js';
import { close, openDirectory } from '../../sys/open.js';
import { randomHex } from '../../sys/random-hex.js';
import { stat, statIfThere } from '../../sys/stat.js';
import { fsync, syncfs } from '../../sys/sync.js';
import { isSysError } from '../../sys/sys-error.js';
import { absolutePath, canonicalPath } from '../../union/absolute-path.js';
import { ancestors, branchDirectory } from '../../union/branch-directory.js';
import type { Union } from '../../union/union.js';
import { shown } from '../../words/shown.js';
import { keepsOrder } from '../keeps-order.js';
import type { Pace } from '../pace.js';
import { refuseChanged } from '../repair/refuse-changed.js';
import { copyFile } from './copy-file.js';
import { inRescue } from './in-rescue.js';
import { noteOf, type RescueNote, writeRescueNote } from './rescue-note.js';

/** A file that is safe in the rescue directory. */
export interface Rescued {
  /** Absolute. */
  readonly path: Bytes;
  /** Name in {@link Rescue.fd}. */
  readonly name: Bytes;
  /** It is the inode itself and no copy: no space is freed. */
  readonly moved: boolean;
}

/** A directory outside of the branches where files go instead of being removed. */
export interface Rescue {
  readonly fd: number;
  readonly path: Bytes;
  /**
   * Moves `name` of `dirfd` there with everything that belongs to it, and a note beside it of where it came from:
   * on one file system by a rename, so that it is never anywhere but in one of the two places; to another as a
   * copy that is compared and durable before the name goes. The caller makes `dirfd` durable.
   *
   * @param pace - breathes while it copies; a stop then leaves the file where it is
   * @param last - called when a copy is whole, before the name goes; where it throws, nothing is rescued
   * @throws NotCopied where it is this file's matter alone; SpotChanged where somebody wrote to it while it was copied;
   *   Problem operational `rescue`; the reason of a stop
   */
  take(dirfd: number, name: Bytes, note: RescueNote, pace: Pace, last?: () => void): Promise<Rescued>;
  close(): void;
}

// NAME_MAX less a number and `.json`.
const LONGEST_NAME = 230;

/** Opens the rescue directory, and makes it, for its owner alone, where it is not there. */
export function openRescue(directory: Bytes, union: Union): Rescue {
  const path = absolutePath(directory);
  refuseRescueInBranch(path, union);
  makePrivateDirectories(path);
  const fd = openDirectory(path);
  try {
    // Its own name, and those of directories made above it, must outlive a power cut before anything moves there.
    syncfs(fd);
  } catch (error) {
    close(fd);
    throw error;
  }
  return {
    fd,
    path,
    take: (dirfd, name, note, pace, last) => take({ fd, path }, dirfd, name, note, pace, last),
    close: () => close(fd),
  };
}

/**
 * Refuses a directory, there or not, that lies inside of a branch.
 *
 * @throws Problem usage `rescue-in-branch`: the union would show what is put there
 */
export function refuseRescueInBranch(directory: Bytes, union: Union): void {
  let path = canonicalPath(directory);
  while (path !== '' && !isThere(path)) path = parentOf(path);
  const above = ancestors(branchDirectory(path === '' ? ('/' as Bytes) : path, 'the rescue directory'));
  const own = [...union.branches.map((branch) => branch.path), ...('work' in union ? [union.work] : [])];
  const around = own.find((each) => above.has(inodeKey(branchDirectory(each, 'a branch'))));
  if (around === undefined) return;
  throw new Problem('usage', 'rescue-in-branch', 'the rescue directory lies inside of a branch', {
    path: directory,
    hint: `give a directory outside of ${shown(around)}`,
  });
}

function isThere(path: Bytes): boolean {
  return existsSync(toBuffer(path));
}

type RescueDirectory = Pick<Rescue, 'fd' | 'path'>;

async function take(
  { fd, path }: RescueDirectory,
  dirfd: number,
  source: Bytes,
  note: RescueNote,
  pace: Pace,
  last: () => void = () => undefined,
): Promise<Rescued> {
  const before = stat(dirfd, source);
  const stem = source.slice(0, LONGEST_NAME);
  for (let number = 0; ; number += 1) {
    const name = (number === 0 ? stem : `${stem}.${number}`) as Bytes;
    // A note stays the note of its file, also where somebody has taken that one away.
    if (isTaken(fd, name) || isTaken(fd, noteOf(name))) continue;
    const written = await inRescue(path, () => writeRescueNote(fd, name, note));
    let how: Awaited<ReturnType<typeof put>>;
    try {
      how = await put({ fd, path }, name, dirfd, source, pace);
    } catch (error) {
      written.discard();
      throw error;
    }
    if (how === undefined) {
      written.discard();
      continue;
    }
    try {
      // btrfs: an fsync of this directory, or of the note in it, brings the new name back after a power cut and leaves
      // the old one too, and a file with two names is no orphan any more.
      if (how === 'moved' && !keepsOrder(fd)) syncfs(fd);
      written.place();
      fsync(fd);
      if (how === 'copied') {
        last();
        refuseChanged(dirfd, source, before);
      }
    } catch (error) {
      written.discard();
      takeBack(fd, name, how === 'moved' ? { dirfd, source } : undefined);
      throw error;
    }
    if (how === 'copied') unlink(dirfd, source);
    return { path: joinBytes(path, name), name, moved: how === 'moved' };
  }
}

/** Undoes a rescue that has failed: nobody would know of a file without a note. */
function takeBack(fd: number, name: Bytes, to: { dirfd: number; source: Bytes } | undefined): void {
  try {
    if (to === undefined) unlink(fd, name);
    else rename(fd, name, to.dirfd, to.source, RENAME_NOREPLACE);
  } catch {
    // The first error is the one to tell; what is here is whole.
  }
}

const isTaken = (fd: number, name: Bytes): boolean => statIfThere(fd, name) !== undefined;

/** Undefined where somebody else took the name. */
async function put(
  { fd, path }: RescueDirectory,
  name: Bytes,
  dirfd: number,
  source: Bytes,
  pace: Pace,
): Promise<'moved' | 'copied' | undefined> {
  const into = (from: number, as: Bytes): boolean => {
    try {
      rename(from, as, fd, name, RENAME_NOREPLACE);
      return true;
    } catch (error) {
      if (isSysError(error, 'EEXIST')) return false;
      throw error;
    }
  };
  try {
    return into(dirfd, source) ? 'moved' : undefined;
  } catch (error) {
    // Another mount, another project quota, or a file system that cannot rename without replacing.
    if (!isSysError(error, 'EXDEV', 'EINVAL')) throw error;
  }
  // Under its own name only when it is whole: half a copy must never pass for a rescued file.
  const temporary = `${TEMPORARY_PREFIX}${randomHex(8)}` as Bytes;
  await inRescue(path, () => copyFile(dirfd, source, fd, temporary, pace));
  if (into(fd, temporary)) return 'copied';
  unlink(fd, temporary);
  return undefined;
}
