import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { AT_FDCWD } from '../sys/check.js';
import { type InodeId, type InodeKey, inodeKey, inodeOf } from '../sys/inode-id.js';
import { O_DIRECTORY, O_PATH, openTrusted, withFd } from '../sys/open.js';
import { MOUNT_ROOT, type Stat, stat, statIfThere } from '../sys/stat.js';
import { isSysError } from '../sys/sys-error.js';
import { absolutePath, canonicalPath } from './absolute-path.js';

/** A directory of a union as found on the disk. */
export interface BranchDirectory extends InodeId {
  /** Absolute. */
  readonly path: Bytes;
  /** For messages: `the upper`, `a lower`, `the work directory`. */
  readonly what: string;
}

/**
 * Looks at a directory that is to be part of a union.
 *
 * @throws Problem `operational` where it is missing, no directory, or out of reach
 */
export function branchDirectory(given: Bytes, what: string): BranchDirectory {
  const path = absolutePath(given);
  try {
    return withFd(openTrusted(path, O_PATH | O_DIRECTORY), (fd) => ({
      ...inodeOf(stat(fd, '' as Bytes)),
      path,
      what,
    }));
  } catch (error) {
    if (isSysError(error, 'ENOENT'))
      throw problem('no-such-directory', `${what} does not exist`, path, error);
    if (isSysError(error, 'ENOTDIR'))
      throw problem('not-a-directory', `${what} is not a directory`, path, error);
    if (isSysError(error, 'EACCES'))
      throw problem('permission', `${what} is out of reach: permission denied`, path, error);
    throw error;
  }
}

/** Whether a directory holds a name. */
export function holds(directory: BranchDirectory, name: string): boolean {
  return withFd(
    openTrusted(directory.path, O_PATH | O_DIRECTORY),
    (fd) => statIfThere(fd, name as Bytes) !== undefined,
  );
}

/** The directory and everything above it, by inode: text says nothing where symlinks or bind mounts are. */
export function ancestors(directory: BranchDirectory): Set<InodeKey> {
  return new Set([inodeKey(directory), ...Array.from(upwards(directory.path), inodeKey)]);
}

/**
 * As {@link ancestors}, up to the root of the directory's own mount: a union sees of a branch what is on its file system,
 * and nothing that is mounted inside. Before Linux 5.8 no mount is told from a directory.
 */
export function ancestorsInMount(directory: BranchDirectory): Set<InodeKey> {
  const keys = new Set<InodeKey>([inodeKey(directory)]);
  for (const each of upwards(directory.path)) {
    keys.add(inodeKey(each));
    if ((each.attributes & MOUNT_ROOT) !== 0n) break;
  }
  return keys;
}

/** The directory itself first, `/` last. */
function* upwards(directory: Bytes): Generator<Stat> {
  const path = canonicalPath(directory);
  if (path !== '/') yield stat(AT_FDCWD, path);
  for (let end = path.lastIndexOf('/'); end >= 0; end = end === 0 ? -1 : path.lastIndexOf('/', end - 1)) {
    yield stat(AT_FDCWD, (path.slice(0, end) || '/') as Bytes);
  }
}

function problem(code: string, message: string, path: Bytes, cause: unknown): Problem {
  return new Problem('operational', code, message, { path, cause });
}
