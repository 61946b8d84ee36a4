import { isBookkeeping } from '../../scan/own-marks.js';
import { chmod, chown, setTimes } from '../../sys/attributes.js';
import type { Bytes } from '../../sys/bytes.js';
import { link, mkdir } from '../../sys/names.js';
import type { Stat } from '../../sys/stat.js';
import { fsync } from '../../sys/sync.js';
import { isSysError } from '../../sys/sys-error.js';
import { getXattr, listXattr, setXattr } from '../../sys/xattr.js';
import { DirectoryChain } from '../../union/directory-chain.js';
import { treeSteps } from '../../union/tree-steps.js';
import type { Pace } from '../pace.js';
import { SELF } from '../site.js';
import { copyFile } from './copy-file.js';

/**
 * Gives a file the same name in another directory too: a hardlink where that is its only name and the file system
 * is the same, else a durable, compared copy. A directory is made anew with all that is in it.
 *
 * @returns whether the file itself, no directory, got a link
 * @throws NotCopied where a file cannot be copied; the reason of a stop, and then a part of a directory is there
 */
export async function keepCopy(fromDir: number, name: Bytes, toDir: number, pace: Pace): Promise<boolean> {
  let linked = false;
  const target = new DirectoryChain(toDir);
  try {
    for (const { at, dirfd, name: own, stat, depth } of treeSteps(fromDir, name)) {
      if (pace.due) await pace.breathe();
      if (at === 'file') linked = (await keepFile(dirfd, own, target.fd, stat, pace)) && depth === 0;
      if (at === 'enter') {
        mkdir(target.fd, own, 0o700);
        target.enter(own);
      }
      if (at === 'leave') dress(dirfd, target.fd, stat);
      if (at === 'left') target.leave();
    }
    return linked;
  } finally {
    target.close();
  }
}

/** Returns whether it is the file itself and no copy. */
async function keepFile(
  fromDir: number,
  name: Bytes,
  toDir: number,
  { nlink }: Stat,
  pace: Pace,
): Promise<boolean> {
  // With another name left in the union, a link would go on changing with it.
  if (nlink > 1) {
    await copyFile(fromDir, name, toDir, name, pace);
    return false;
  }
  try {
    link(fromDir, name, toDir, name);
    return true;
  } catch (error) {
    if (!isSysError(error, 'EXDEV', 'EMLINK', 'EPERM', 'EOPNOTSUPP')) throw error;
    await copyFile(fromDir, name, toDir, name, pace);
    return false;
  }
}

function dress(source: number, target: number, from: Stat): void {
  chown(target, SELF, from.uid, from.gid);
  for (const attribute of listXattr(source, SELF)) {
    if (isBookkeeping(attribute)) continue;
    const value = getXattr(source, SELF, attribute);
    if (value !== undefined) setXattr(target, SELF, attribute, value);
  }
  chmod(target, from.mode);
  setTimes(target, SELF, from.atime, from.mtime);
  fsync(target);
}
