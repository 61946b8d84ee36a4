import type { Bytes } from '../sys/bytes.js';
import { sameInode } from '../sys/inode-id.js';
import type { Stat } from '../sys/stat.js';
import { canonicalPath } from './absolute-path.js';
import { describeMount } from './describe-mount.js';
import type { DescribedUnion } from './described.js';
import { directoryFacts, mayBeNamed } from './directory-facts.js';
import { otherNamespaces } from './mount-namespaces.js';
import { unescapeBackslash } from './mount-options.js';
import { type MountInfo, readMountInfo } from './mountinfo.js';
import { decodeOctal } from './octal.js';
import type { Branch, MountPoint, Union } from './union.js';
import { verify } from './verify.js';

/**
 * A union that is named by its branches, as the kernel tells it where it is mounted. Costs one read of the mount table,
 * and a look at the uppers of the mounted unions of its format where none is named alike.
 *
 * @param everywhere - look also into the other mount namespaces that this process may read: some ms, for each process
 *   of the machine is asked for its own
 */
export function asMounted(union: Union, kernelRoot: Bytes, everywhere: boolean): Union {
  if (union.mounted !== undefined) return union;
  let uppers: readonly Bytes[] | undefined;
  for (const { pid, mounts } of namespaces(kernelRoot, union.format, everywhere)) {
    const whole = mounts.filter(({ type, root }) => type === union.format && root === '/');
    if (whole.length === 0) continue;
    uppers ??= union.branches.filter(isUpper).map(({ path }) => canonicalPath(path));
    const unions = whole.map((mount) => ({ mount, pid, paths: uppersOf(mount, kernelRoot, pid) }));
    // The later covers the earlier.
    const found = unions.findLast(isNamed(uppers)) ?? unions.findLast(isAmong(uppers));
    if (found === undefined) continue;
    const [live] = described(() => describeMount(found.mount, kernelRoot, pid));
    if (live?.mounted !== undefined) return taken(union, live, live.mounted);
  }
  return union;
}

/** A mount, and its writable branches as this process reaches them. */
interface Uppers {
  readonly mount: MountInfo;
  readonly pid: number | undefined;
  readonly paths: readonly Bytes[];
}

/** Of an overlay without a look at anything else: there may be hundreds. */
function uppersOf(mount: MountInfo, kernelRoot: Bytes, pid: number | undefined): readonly Bytes[] {
  if (mount.type !== 'overlay') {
    const [live] = described(() => describeMount(mount, kernelRoot, pid));
    return live?.branches.filter(isUpper).map(({ path }) => path) ?? [];
  }
  const option = mount.superOptions.split(',').find((each) => each.startsWith(UPPERDIR));
  if (option === undefined) return [];
  const path = unescapeBackslash(decodeOctal(option.slice(UPPERDIR.length) as Bytes));
  const reached = pid === undefined || !path.startsWith('/') ? path : `${kernelRoot}/proc/${pid}/root${path}`;
  return [reached as Bytes];
}

const UPPERDIR = 'upperdir=';

/** Whatever is amiss with what the kernel tells of it, it is mounted. */
function taken(union: Union, live: DescribedUnion, mounted: MountPoint): Union {
  const [verified] = described(() => verify(live));
  if (verified !== undefined && sameBranches(union.branches, verified.branches)) return verified;
  if (union.format === 'aufs') return verified ?? union;
  return { ...union, mounted };
}

function* namespaces(
  kernelRoot: Bytes,
  format: Union['format'],
  everywhere: boolean,
): Generator<{ readonly pid: number | undefined; readonly mounts: readonly MountInfo[] }> {
  const [mounts] = described(() => readMountInfo(kernelRoot, 'self', format));
  // Without /proc nothing can be told.
  if (mounts === undefined) return;
  yield { pid: undefined, mounts };
  if (everywhere) yield* otherNamespaces(kernelRoot);
}

/** None of a mount that cannot be made sense of. */
function described<T>(describe: () => T): T[] {
  try {
    return [describe()];
  } catch {
    return [];
  }
}

const isUpper = ({ role }: Branch): boolean => role === 'upper';

/** In another namespace the same words may mean another directory. */
function isNamed(uppers: readonly Bytes[]): (each: Uppers) => boolean {
  return ({ pid, paths }) => pid === undefined && paths.some((path) => uppers.includes(path));
}

/** By another path: a symlink, a bind mount, `/proc/PID/root`, or one that began nobody knows where. */
function isAmong(uppers: readonly Bytes[]): (each: Uppers) => boolean {
  const own = uppers.map((path) => ({ path, facts: directoryFacts(path) }));
  return ({ mount, paths }) =>
    paths.some((path) => {
      if (path.startsWith('/')) {
        const facts = directoryFacts(path);
        return own.some((each) => isSame(each.facts, facts));
      }
      return own.some((each) => mayBeNamed(each.path, path) && isShown(each.facts, mount));
    });
}

type Facts = Stat | undefined;

function isSame(a: Facts, b: Facts): boolean {
  return a !== undefined && b !== undefined && sameInode(a, b);
}

/** The root of an overlay has all of its upper's facts but the numbers. */
function isShown(upper: Facts, { mountpoint }: MountInfo): boolean {
  const root = directoryFacts(mountpoint);
  if (upper === undefined || root === undefined) return false;
  const facts = ['mode', 'uid', 'gid', 'btime', 'ctime', 'mtime'] as const;
  return facts.every((fact) => upper[fact] === root[fact]);
}

function sameBranches(given: readonly Branch[], told: readonly Branch[]): boolean {
  return (
    given.length === told.length &&
    given.every(({ path, role }, i) => {
      const other = told[i];
      return (
        other !== undefined && other.role === role && isSame(directoryFacts(path), directoryFacts(other.path))
      );
    })
  );
}
