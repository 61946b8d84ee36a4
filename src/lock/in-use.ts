import { Problem } from '../problem.js';
import { ascii, type Bytes } from '../sys/bytes.js';
import type { OverlayUnion, Union } from '../union/union.js';
import { shown } from '../words/shown.js';
import { type MountedWith, mountedWith } from './mounted-with.js';
import { probeInUse } from './probe-in-use.js';

/** Where a union is mounted, by a mount table that may name it by a relative path. */
export type Place = Pick<MountedWith, 'mountpoint' | 'pid' | 'certain'>;

/** Whether a live union has the directories of this one, and how that was found out. */
export interface InUse {
  readonly inUse: boolean;
  /** What the directory is in the live union; undefined if there is none. */
  readonly by: MountedWith['as'] | undefined;
  /** The directory of this union that is in use. */
  readonly directory: Bytes | undefined;
  /**
   * `kernel`: the overlay driver was asked, which sees every mount. `mountinfo`: the mount tables of the processes
   * that this one may read, which miss a detached mount.
   */
  readonly method: 'kernel' | 'mountinfo';
  /** The mount point, where a mount table tells it, and a process that sees it if this one does not. */
  readonly where: Place | undefined;
}

export interface InUseOptions {
  /** Directory that holds `proc` and `sys`; `''`, which is the default, for the machine itself. */
  readonly kernelRoot?: Bytes;
}

/** Whether the upper or work directory of an overlay is in use by any live overlay; also as its lower. */
export function overlayInUse(union: OverlayUnion, { kernelRoot = ascii('') }: InUseOptions = {}): InUse {
  const upper = union.branches.find(({ role }) => role === 'upper')?.path;
  const own = [
    ...(upper === undefined ? [] : [{ directory: upper, as: 'upper' as const }]),
    { directory: union.work, as: 'work' as const },
  ];
  const answers: { directory: Bytes; as: 'upper' | 'work'; answer: boolean | undefined }[] = [];
  for (const each of own) {
    answers.push({ ...each, answer: probeInUse(each.directory) });
    if (answers.at(-1)?.answer === true) break;
  }
  const method = answers.every(({ answer }) => answer !== undefined) ? 'kernel' : 'mountinfo';
  const directories = own.map(({ directory }) => directory);
  const tables = [...mountedWith('overlay', directories, kernelRoot)];

  const busy = answers.find(({ answer }) => answer === true);
  if (busy !== undefined) {
    const places = tables.filter(({ directory, as }) => directory === busy.directory && as !== 'lower');
    const where = places.find(({ certain }) => certain) ?? places[0];
    return { inUse: true, by: where?.as ?? busy.as, directory: busy.directory, method: 'kernel', where };
  }
  // The kernel marks no lower, so only a table shows it; of upper and work its own answer is the better one.
  const found = tables.find(({ directory, as }) => {
    const answer = answers.find((each) => each.directory === directory)?.answer;
    return as === 'lower' || answer === undefined;
  });
  return {
    inUse: found !== undefined,
    by: found?.as,
    directory: found?.directory,
    method: found === undefined ? method : 'mountinfo',
    where: found,
  };
}

/** Whether a mounted aufs has any upper branch of this union. */
export function aufsInUse(union: Union, { kernelRoot = ascii('') }: InUseOptions = {}): InUse {
  const uppers = union.branches.filter(({ role }) => role === 'upper').map(({ path }) => path);
  const [found] = mountedWith('aufs', uppers, kernelRoot);
  return {
    inUse: found !== undefined,
    by: found?.as,
    directory: found?.directory,
    method: 'mountinfo',
    where: found,
  };
}

/**
 * Refuses a union that somebody has mounted.
 *
 * @throws Problem busy `in-use`
 */
export function refuseIfInUse(union: Union, options: InUseOptions = {}): void {
  const { inUse, by, directory, where, method } =
    union.format === 'overlay' ? overlayInUse(union, options) : aufsInUse(union, options);
  if (!inUse) return;
  const what = by === 'upper' || by === 'lower' || by === 'work' ? `the ${by} directory` : 'a branch';
  const is = method === 'kernel' || where?.certain !== false ? 'is' : 'may be';
  const live = `${is} ${what} of a live ${union.format}`;
  throw new Problem('busy', 'in-use', where === undefined ? live : `${live}, ${place(where)}`, {
    path: directory,
    hint: where === undefined ? unseen : unmountHint(where),
  });
}

// A lazily detached overlay lives until its last file is closed.
const unseen =
  'no mount table shows it: it was detached by umount -l while a process still has a file of it open';

function place({ mountpoint, pid, certain }: Place): string {
  const at = `mounted at ${shown(mountpoint)}${certain ? '' : ' by a relative path'}`;
  return pid === undefined ? at : `${at} in the mount namespace of pid ${pid}`;
}

function unmountHint({ mountpoint, pid }: Place): string {
  return pid === undefined
    ? `unmount ${shown(mountpoint)} first`
    : `unmount it there first (nsenter -t ${pid} -m umount …), or stop the container that has it`;
}
