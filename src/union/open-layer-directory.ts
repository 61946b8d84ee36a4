import { type Bytes, joinBytes, parentOf } from '../sys/bytes.js';
import { cloneMount } from '../sys/mount.js';
import { close, O_DIRECTORY, O_NOATIME, O_NOFOLLOW, O_PATH, O_RDONLY, openBeneath } from '../sys/open.js';
import { isSysError } from '../sys/sys-error.js';
import { notLocked } from './locked-directory.js';
import type { Layer, LayerDirectory } from './view-rules.js';

const QUIET = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME;
const PLAIN = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

/** openat2's limit is PATH_MAX, 4096 with the NUL; a deep tree is opened in pieces. */
const PIECE = 4000;

/**
 * Opens a directory for reading below a descriptor, leaving its atime alone where this process may (owner or
 * CAP_FOWNER).
 *
 * @throws SysError ENOENT, ENOTDIR, ELOOP (symlink), EXDEV (another mount), EACCES …
 */
export function openQuietly(dirfd: number, path: Bytes): number {
  try {
    return openBeneath(dirfd, path, QUIET);
  } catch (error) {
    if (isSysError(error, 'EPERM')) return openBeneath(dirfd, path, PLAIN);
    throw error;
  }
}

/** As {@link openQuietly} for a path of any length. */
export function openLongPath(dirfd: number, path: Bytes): number {
  let above = dirfd;
  let rest = path;
  try {
    while (rest.length > PIECE) {
      const cut = rest.lastIndexOf('/', PIECE);
      const next = openBeneath(above, rest.slice(0, cut) as Bytes, O_PATH | O_DIRECTORY);
      if (above !== dirfd) close(above);
      above = next;
      rest = rest.slice(cut + 1) as Bytes;
    }
    return openQuietly(above, rest);
  } finally {
    if (above !== dirfd) close(above);
  }
}

/**
 * Opens a subdirectory of a layer directory. Where another file system is mounted on it, a union does not see
 * that mount but what lies below: a private copy of the layer's mount shows the same (CAP_SYS_ADMIN).
 *
 * @param real - its path from the layer's root, where a caller has it already
 * @throws SysError as {@link openQuietly} does, LockedDirectory
 */
export function openLayerDirectory(
  parent: LayerDirectory,
  name: Bytes,
  real = joinBytes(parent.real, name),
): LayerDirectory {
  const { layer } = parent;
  return { layer, real, fd: notLocked(layer, openNamed(parent, name, real), real) };
}

function openNamed({ layer, fd }: LayerDirectory, name: Bytes, real: Bytes): number {
  try {
    return openQuietly(fd, name);
  } catch (error) {
    if (!isSysError(error, 'EXDEV') || layer.role === 'upper') throw error;
    return openUnderMount(layer, real, error);
  }
}

/** Opens a directory of a layer by its path from the layer's root, as {@link openLayerDirectory} does. */
export function openLayerPath(layer: Layer, path: Bytes): number {
  try {
    return notLocked(layer, openFromRoot(layer, path), path);
  } catch (error) {
    // In a locked directory none of its names is found.
    if (isSysError(error, 'ENOENT') && layer.encrypts === true && path !== '')
      close(openLayerPath(layer, parentOf(path)));
    throw error;
  }
}

function openFromRoot(layer: Layer, path: Bytes): number {
  try {
    return openLongPath(layer.root, path);
  } catch (error) {
    if (!isSysError(error, 'EXDEV') || layer.role === 'upper') throw error;
    return openUnderMount(layer, path, error);
  }
}

function openUnderMount(layer: Layer, real: Bytes, cause: unknown): number {
  let root: number;
  try {
    root = cloneMount(layer.root, '.' as Bytes);
  } catch {
    throw cause;
  }
  try {
    return openLongPath(root, real);
  } finally {
    close(root);
  }
}
