import type { Bytes } from '../sys/bytes.js';
import { canonicalPath } from './absolute-path.js';
import { isUnionType } from './describe-mount.js';
import { otherNamespaces } from './mount-namespaces.js';
import { type MountInfo, readMountInfo } from './mountinfo.js';

/** The mount that covers a path, and in which mount namespace. */
export interface FoundMount {
  readonly mount: MountInfo;
  /** A process of its namespace; undefined for this process' own. */
  readonly pid: number | undefined;
}

// A mount or umount elsewhere while the file is read can make the kernel skip a line; Docker had to ask auplink
// up to five times for that reason.
const TRIES = 3;

/**
 * The mount whose mount point is `path`: in this mount namespace of any type, otherwise a union in another one.
 *
 * @param path - as the user gave it: relative, through symlinks, or `/proc/PID/root/…`
 */
export function findMounted(path: Bytes, kernelRoot: Bytes): FoundMount | undefined {
  const mountpoint = canonicalPath(path);
  const through = /^\/proc\/(\d+)\/root(\/.*)?$/s.exec(mountpoint);
  if (through !== null) {
    const pid = Number(through[1]);
    const mount = topmost(readMountInfo(kernelRoot, pid), (through[2] ?? '/') as Bytes);
    return mount === undefined ? undefined : { mount, pid };
  }
  for (let tries = 0; tries < TRIES; tries += 1) {
    const mount = topmost(readMountInfo(kernelRoot), mountpoint);
    if (mount !== undefined) return { mount, pid: undefined };
  }
  for (const { pid, mounts } of otherNamespaces(kernelRoot)) {
    const mount = topmost(mounts, mountpoint);
    if (mount !== undefined && isUnionType(mount.type)) return { mount, pid };
  }
  return undefined;
}

/**
 * The mount of the whole union where `found` is a bind mount of a directory inside it: the same superblock,
 * mounted from its root.
 */
export function wholeMount(found: FoundMount, kernelRoot: Bytes): FoundMount | undefined {
  if (found.mount.root === '/') return found;
  const whole = (mounts: readonly MountInfo[]): MountInfo | undefined =>
    mounts.find((mount) => mount.dev === found.mount.dev && mount.root === '/');
  const mount = whole(readMountInfo(kernelRoot, found.pid));
  if (mount !== undefined) return { mount, pid: found.pid };
  for (const { pid, mounts } of otherNamespaces(kernelRoot)) {
    const elsewhere = whole(mounts);
    if (elsewhere !== undefined) return { mount: elsewhere, pid };
  }
  return undefined;
}

/** The union of this mount namespace that `path` lies in. */
export function surroundingUnion(path: Bytes, kernelRoot: Bytes): MountInfo | undefined {
  const canonical = canonicalPath(path);
  const around = readMountInfo(kernelRoot)
    .filter(({ mountpoint }) => mountpoint === '/' || `${canonical}/`.startsWith(`${mountpoint}/`))
    .sort((a, b) => a.mountpoint.length - b.mountpoint.length)
    .at(-1);
  return around !== undefined && isUnionType(around.type) ? around : undefined;
}

function topmost(mounts: readonly MountInfo[], mountpoint: Bytes): MountInfo | undefined {
  return mounts.findLast((mount) => mount.mountpoint === mountpoint);
}
