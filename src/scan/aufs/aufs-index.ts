import { Problem } from '../../problem.js';
import { type Bytes, joinBytes } from '../../sys/bytes.js';
import { close } from '../../sys/open.js';
import { namesIn } from '../../sys/record-names.js';
import { isDirectory, type Stat, statIfThere } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { PLINK_DIRECTORY, type PlinkName, parsePlinkName } from '../../union/aufs-names.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import type { Layer } from '../../union/view-rules.js';

/** One name of a branch's `.wh..wh.plnk`, as it stands on the disk. */
export interface RawPlink {
  readonly branch: number;
  readonly name: Bytes;
  readonly stat: Stat;
  /** Undefined for a name that is no pseudo-link's. */
  readonly plink: PlinkName | undefined;
}

/**
 * Reads the pseudo-links of one upper branch; a branch without the directory has none.
 *
 * @throws Problem operational `index` where something else has the directory's name
 */
export function readPlinks(layer: Layer): RawPlink[] {
  let fd: number;
  try {
    fd = openQuietly(layer.root, PLINK_DIRECTORY);
  } catch (error) {
    if (isSysError(error, 'ENOENT')) return [];
    if (!isSysError(error, 'ENOTDIR', 'ELOOP')) throw error;
    throw new Problem('operational', 'index', 'is no directory, and aufs keeps its pseudo-links in one', {
      path: joinBytes(layer.path, PLINK_DIRECTORY),
      cause: error,
      hint: 'move it out of the branch, and run again; the next mount fails as long as it is there',
    });
  }
  try {
    const entries: RawPlink[] = [];
    for (const name of namesIn(fd)) {
      const stat = statIfThere(fd, name);
      if (stat === undefined) continue;
      const plink = isDirectory(stat) ? undefined : parsePlinkName(name);
      entries.push({ branch: layer.branch, name, stat, plink });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } finally {
    close(fd);
  }
}
