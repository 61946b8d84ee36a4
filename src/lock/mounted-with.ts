import type { Bytes } from '../sys/bytes.js';
import { type InodeId, sameInode } from '../sys/inode-id.js';
import { describeMount } from '../union/describe-mount.js';
import type { DescribedUnion } from '../union/described.js';
import { directoryFacts, mayBeNamed } from '../union/directory-facts.js';
import { otherNamespaces } from '../union/mount-namespaces.js';
import { readMountInfo } from '../union/mountinfo.js';

/** A mounted union that a directory belongs to. */
export interface MountedWith {
  /** What the directory is there. */
  readonly as: 'upper' | 'lower' | 'work' | 'branch';
  /** The mount point, as the process that mounted it names it. */
  readonly mountpoint: Bytes;
  /** A process of the mount namespace; undefined for this process' own. */
  readonly pid: number | undefined;
  /** Whether it is that directory; otherwise one whose path ends as the relative path of the mount table. */
  readonly certain: boolean;
}

/**
 * The mounted unions that use any of `directories`, by the mount tables of all processes that this one may read.
 * A second opinion: the paths in there are the mounter's words, which may be relative, or out of date after a
 * rename, and a detached mount is in no table.
 *
 * @param kernelRoot - directory that holds `proc` and `sys`; `''` for the machine itself
 */
export function* mountedWith(
  format: 'aufs' | 'overlay',
  directories: readonly Bytes[],
  kernelRoot: Bytes,
): Generator<MountedWith & { readonly directory: Bytes }> {
  const wanted = directories.map((path) => ({ path, inode: directoryFacts(path) }));
  for (const { pid, mounts } of allNamespaces(kernelRoot)) {
    for (const mount of mounts) {
      if (mount.type !== format) continue;
      const union = described(() => describeMount(mount, kernelRoot, pid));
      for (const { as, path } of union === undefined ? [] : layers(union)) {
        for (const directory of wanted.filter((each) => isSame(each, path, pid))) {
          const certain = path.startsWith('/');
          yield { directory: directory.path, as, mountpoint: mount.mountpoint, pid, certain };
        }
      }
    }
  }
}

function* allNamespaces(kernelRoot: Bytes) {
  yield { pid: undefined, mounts: readMountInfo(kernelRoot) };
  yield* otherNamespaces(kernelRoot);
}

/** A mount whose options nobody can make sense of is no evidence of anything. */
function described(describe: () => DescribedUnion): DescribedUnion | undefined {
  try {
    return describe();
  } catch {
    return undefined;
  }
}

function* layers(union: DescribedUnion): Generator<{ as: MountedWith['as']; path: Bytes }> {
  for (const { path, role } of union.branches) {
    yield { as: union.format === 'aufs' ? 'branch' : role === 'upper' ? 'upper' : 'lower', path };
  }
  if (union.work !== undefined) yield { as: 'work', path: union.work };
}

interface Wanted {
  readonly path: Bytes;
  readonly inode: InodeId | undefined;
}

function isSame({ path, inode }: Wanted, named: Bytes, pid: number | undefined): boolean {
  // Where a relative path began is not known: what ends like it may be it.
  if (!named.startsWith('/')) return mayBeNamed(path, named);
  const there = directoryFacts(named);
  if (there !== undefined && inode !== undefined) return sameInode(there, inode);
  return pid === undefined && named === path;
}
