import { isBookkeeping } from '../../scan/own-marks.js';
import { chmod, chown, setTimes } from '../../sys/attributes.js';
import type { Bytes } from '../../sys/bytes.js';
import { link, mkdir } from '../../sys/names.js';
import { withFd } from '../../sys/open.js';
import { namesIn } from '../../sys/record-names.js';
import { isDirectory, type Stat, stat } from '../../sys/stat.js';
import { fsync } from '../../sys/sync.js';
import { isSysError } from '../../sys/sys-error.js';
import { getXattr, listXattr, setXattr } from '../../sys/xattr.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import { SELF } from '../site.js';
import { copyFile } from './copy-file.js';

/**
 * Gives a file the same name in another directory too: a hardlink where that is its only name and the file system
 * is the same, else a durable, compared copy. A directory is made anew with all that is in it.
 *
 * @throws NotCopied where a file cannot be copied
 */
export function keepCopy(fromDir: number, name: Bytes, toDir: number): void {
  const from = stat(fromDir, name);
  if (isDirectory(from)) {
    keepDirectory(fromDir, name, toDir, from);
    return;
  }
  // With another name left in the union, a link would go on changing with it.
  if (from.nlink > 1) {
    copyFile(fromDir, name, toDir, name);
    return;
  }
  try {
    link(fromDir, name, toDir, name);
  } catch (error) {
    if (!isSysError(error, 'EXDEV', 'EMLINK', 'EPERM', 'EOPNOTSUPP')) throw error;
    copyFile(fromDir, name, toDir, name);
  }
}

function keepDirectory(fromDir: number, name: Bytes, toDir: number, from: Stat): void {
  mkdir(toDir, name, 0o700);
  withFd(openQuietly(fromDir, name), (source) =>
    withFd(openQuietly(toDir, name), (target) => {
      for (const child of namesIn(source)) keepCopy(source, child, target);
      chown(target, SELF, from.uid, from.gid);
      for (const attribute of listXattr(source, SELF)) {
        if (isBookkeeping(attribute)) continue;
        const value = getXattr(source, SELF, attribute);
        if (value !== undefined) setXattr(target, SELF, attribute, value);
      }
      chmod(target, from.mode);
      setTimes(target, SELF, from.atime, from.mtime);
      fsync(target);
    }),
  );
}
