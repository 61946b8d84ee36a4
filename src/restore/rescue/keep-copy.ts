import { isBookkeeping } from '../../scan/own-marks.js';
import { chmod, chown, setTimes } from '../../sys/attributes.js';
import type { Bytes } from '../../sys/bytes.js';
import { link, mkdir } from '../../sys/names.js';
import { close } from '../../sys/open.js';
import { namesIn } from '../../sys/record-names.js';
import { isDirectory, type Stat, stat } from '../../sys/stat.js';
import { fsync } from '../../sys/sync.js';
import { isSysError } from '../../sys/sys-error.js';
import { getXattr, listXattr, setXattr } from '../../sys/xattr.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import type { Pace } from '../pace.js';
import { SELF } from '../site.js';
import { copyFile } from './copy-file.js';

/**
 * Gives a file the same name in another directory too: a hardlink where that is its only name and the file system
 * is the same, else a durable, compared copy. A directory is made anew with all that is in it.
 *
 * @throws NotCopied where a file cannot be copied; the reason of a stop, and then a part of a directory is there
 */
export async function keepCopy(fromDir: number, name: Bytes, toDir: number, pace: Pace): Promise<void> {
  const from = stat(fromDir, name);
  if (isDirectory(from)) {
    await keepDirectory(fromDir, name, toDir, from, pace);
    return;
  }
  // With another name left in the union, a link would go on changing with it.
  if (from.nlink > 1) {
    await copyFile(fromDir, name, toDir, name, pace);
    return;
  }
  try {
    link(fromDir, name, toDir, name);
  } catch (error) {
    if (!isSysError(error, 'EXDEV', 'EMLINK', 'EPERM', 'EOPNOTSUPP')) throw error;
    await copyFile(fromDir, name, toDir, name, pace);
  }
}

async function keepDirectory(
  fromDir: number,
  name: Bytes,
  toDir: number,
  from: Stat,
  pace: Pace,
): Promise<void> {
  mkdir(toDir, name, 0o700);
  const source = openQuietly(fromDir, name);
  try {
    const target = openQuietly(toDir, name);
    try {
      for (const child of namesIn(source)) {
        await keepCopy(source, child, target, pace);
        if (pace.due) await pace.breathe();
      }
      chown(target, SELF, from.uid, from.gid);
      for (const attribute of listXattr(source, SELF)) {
        if (isBookkeeping(attribute)) continue;
        const value = getXattr(source, SELF, attribute);
        if (value !== undefined) setXattr(target, SELF, attribute, value);
      }
      chmod(target, from.mode);
      setTimes(target, SELF, from.atime, from.mtime);
      fsync(target);
    } finally {
      close(target);
    }
  } finally {
    close(source);
  }
}
