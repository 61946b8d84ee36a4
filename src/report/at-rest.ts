import type { Bytes } from '../sys/bytes.js';
import type { Union } from '../union/union.js';
import { shellWord } from './shell-word.js';

/**
 * A mounted union as it can be named once it is unmounted: of one in another mount namespace, by that namespace's own
 * paths, for the way through `/proc/PID/root` ends with the process.
 */
export function atRest(union: Union): Union {
  const { mounted } = union;
  if (mounted?.pid === undefined) return { ...union, mounted: undefined };
  const prefix = `/proc/${mounted.pid}/root/`;
  const own = (path: Bytes): Bytes =>
    path.startsWith(prefix) ? (path.slice(prefix.length - 1) as Bytes) : path;
  const branches = union.branches.map((branch) => ({ ...branch, path: own(branch.path) }));
  if (union.format === 'aufs') return { ...union, branches, mounted: undefined };
  return { ...union, branches, work: own(union.work), mounted: undefined };
}

/** What is said beside a command line with such paths; empty where they are this process' own. */
export function whosePaths({ mounted }: Union): string {
  return mounted?.pid === undefined ? '' : ` (paths of the mount namespace of pid ${mounted.pid})`;
}

/** The command that unmounts a union: an unmount reaches no mount of another namespace. */
export function unmountWords({ mounted }: Union): string {
  if (mounted?.pid === undefined) return `umount ${shellWord(mounted?.path ?? ('' as Bytes))}`;
  const inside = mounted.path.replace(`/proc/${mounted.pid}/root`, '') as Bytes;
  return `nsenter -t ${mounted.pid} -m umount ${shellWord(inside)}`;
}
