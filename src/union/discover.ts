import { Problem } from '../problem.js';
import type { Bytes } from '../sys/bytes.js';
import { canonicalPath } from './absolute-path.js';
import { describeMount, isUnionType } from './describe-mount.js';
import { describeWords } from './describe-words.js';
import type { DescribedUnion } from './described.js';
import { type FstabEntry, fstabUnions, readFstab } from './fstab.js';
import { otherNamespaces } from './mount-namespaces.js';
import { parseMountOptions } from './mount-options.js';
import { type MountInfo, readMountInfo } from './mountinfo.js';
import { BAD_OPTION } from './refuse-unknown-values.js';

/** A union of this machine, mounted or only in fstab. */
export interface DiscoveredUnion {
  /** As this process reaches it. */
  readonly mountpoint: Bytes;
  /** The file system type: `aufs`, `overlay`, `fuse.fuse-overlayfs`. */
  readonly type: string;
  /** A process of the mount namespace it is mounted in, where that is not this process' own. */
  readonly pid: number | undefined;
  readonly inFstab: boolean;
  /** Undefined where nothing tells its branches. */
  readonly described: DescribedUnion | undefined;
  /** Why its branches are not known. */
  readonly reason: string | undefined;
  /** What refuses its words in fstab, which name branches. */
  readonly refusal?: Problem;
}

/**
 * Every aufs and overlay that a mount namespace of this machine or its fstab knows, each superblock once.
 *
 * @param kernelRoot - directory that holds `proc`, `sys` and `etc`
 */
export function discoverUnions(kernelRoot: Bytes): DiscoveredUnion[] {
  const unions = new Map<bigint, DiscoveredUnion>();
  const entries = fstabEntries(kernelRoot);
  const atMountpoint = new Map(entries.map((entry) => [canonicalPath(entry.mountpoint), entry]));
  const take = (mounts: readonly MountInfo[], pid: number | undefined): void => {
    // The mount of the whole union rather than a bind mount of a part of it.
    for (const mount of [...mounts].sort((a, b) => a.root.length - b.root.length)) {
      if (!isKnownType(mount.type) || unions.has(mount.dev)) continue;
      unions.set(mount.dev, discovered(mount, pid, kernelRoot, atMountpoint.has(mount.mountpoint)));
    }
  };
  take(readMountInfo(kernelRoot), undefined);
  for (const { pid, mounts } of otherNamespaces(kernelRoot)) take(mounts, pid);
  const mounted = new Set([...unions.values()].map(({ mountpoint }) => mountpoint));
  const unmounted = [...atMountpoint].filter(([mountpoint]) => !mounted.has(mountpoint));
  return [...unions.values(), ...unmounted.map(([, entry]) => notMounted(entry))];
}

function isKnownType(type: string): boolean {
  return isUnionType(type) || type === 'fuse.fuse-overlayfs';
}

function discovered(
  mount: MountInfo,
  pid: number | undefined,
  kernelRoot: Bytes,
  inFstab: boolean,
): DiscoveredUnion {
  const { type } = mount;
  const mountpoint = (
    pid === undefined ? mount.mountpoint : `${kernelRoot}/proc/${pid}/root${mount.mountpoint}`
  ) as Bytes;
  if (!isUnionType(type)) {
    const reason = 'fuse-overlayfs keeps no index';
    return { mountpoint, type, pid, inFstab, described: undefined, reason };
  }
  return { mountpoint, type, pid, inFstab, ...described(() => describeMount(mount, kernelRoot, pid)) };
}

function notMounted(entry: FstabEntry): DiscoveredUnion {
  const { mountpoint, type, options } = entry;
  return {
    mountpoint,
    type,
    pid: undefined,
    inFstab: true,
    ...described(() => describeWords(parseMountOptions(options))),
  };
}

function described(
  describe: () => DescribedUnion,
): Pick<DiscoveredUnion, 'described' | 'reason' | 'refusal'> {
  try {
    return { described: describe(), reason: undefined };
  } catch (error) {
    // One union with odd options must not hide the others.
    const reason = error instanceof Error ? error.message : String(error);
    const refusal = error instanceof Problem && error.code === BAD_OPTION ? error : undefined;
    return { described: undefined, reason, ...(refusal === undefined ? {} : { refusal }) };
  }
}

function fstabEntries(kernelRoot: Bytes): FstabEntry[] {
  try {
    return fstabUnions(readFstab(`${kernelRoot}/etc/fstab` as Bytes));
  } catch {
    return [];
  }
}
