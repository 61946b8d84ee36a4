import { branchId, fileId, isUnversioned, type RecordedOrigin } from '../scan/recorded.js';
import { statPath } from '../scan/stat-path.js';
import { type Bytes, baseOf, parentOf } from '../sys/bytes.js';
import { withFd } from '../sys/open.js';
import { isSysError } from '../sys/sys-error.js';
import { openLongPath } from '../union/open-layer-directory.js';
import type { Layer } from '../union/view-rules.js';

/** {@link fileId} of a path below a branch's root; undefined where there is none. */
export function fileIdAt(root: number, path: Bytes): string | undefined {
  try {
    return withFd(openLongPath(root, parentOf(path)), (fd) => fileId(fd, baseOf(path)));
  } catch (error) {
    if (isSysError(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

/**
 * Writes a lower file down as an entry's origin.
 *
 * @param path - a name of it in `layer`
 * @param names - names of the group; those under which `layer` has the same file are recorded with it
 * @returns undefined where the file or its branch cannot be identified
 */
export function recordedOrigin(
  layer: Layer,
  path: Bytes,
  names: readonly Bytes[],
): RecordedOrigin | undefined {
  const stat = statPath(layer.root, path);
  const branch = branchId(layer.root);
  const file = fileIdAt(layer.root, path);
  if (stat === undefined || branch === undefined || file === undefined) return undefined;
  const { mode, uid, gid, size, mtime } = stat;
  const paths = new Set([path, ...names.filter((name) => fileIdAt(layer.root, name) === file)]);
  return {
    branch,
    file,
    unversioned: isUnversioned(layer.root),
    mode,
    uid,
    gid,
    size,
    mtime,
    paths: [...paths].sort(),
  };
}
