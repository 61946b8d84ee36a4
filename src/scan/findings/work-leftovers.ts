import { ascii, type Bytes, joinBytes } from '../../sys/bytes.js';
import { inodeOf } from '../../sys/inode-id.js';
import { close } from '../../sys/open.js';
import { namesIn } from '../../sys/record-names.js';
import { isNullDevice, isRegular, type Stat, statIfThere } from '../../sys/stat.js';
import { isSysError, unless } from '../../sys/sys-error.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import { treeSteps } from '../../union/tree-steps.js';
import type { OverlayLayers } from '../overlay/overlay-layers.js';
import { isOwnTemporary } from '../own-marks.js';
import type { Finding } from '../result.js';

/** A directory whose temporary names the kernel clears at a mount. */
interface Cleared {
  readonly path: 'work' | 'index';
  readonly takes: (name: Bytes) => boolean;
}

const cleared: readonly Cleared[] = [
  { path: 'work', takes: (name) => name !== 'incompat' },
  { path: 'index', takes: (name) => name.startsWith('#') && !isOwnTemporary(name) },
];

/** Levels that the kernel clears: a name, and what is in it. */
const LEVELS = 2;

/**
 * What lies in `work/work` and, under `#` names, in `work/index`. The kernel clears one level of directories
 * (ovl_workdir_cleanup); a directory that is not empty below that stays, and in `work/work` it makes the kernel
 * give up the work directory: the mount is read-only and without its index, and nothing says so.
 */
export function workLeftovers({ work }: Pick<OverlayLayers, 'work'>): Finding[] {
  return cleared.flatMap(({ path, takes }) => {
    const fd = openIfThere(work, ascii(path));
    if (fd === undefined) return [];
    try {
      const names = namesIn(fd).filter(takes);
      return names.flatMap((name) => leftover(fd, path, name));
    } finally {
      close(fd);
    }
  });
}

function leftover(dirfd: number, parent: Cleared['path'], name: Bytes): Finding[] {
  const s = statIfThere(dirfd, name);
  if (s === undefined) return [];
  const path = joinBytes(ascii(parent), name);
  const at = { in: 'work', branch: 0, path, inode: inodeOf(s) } as const;
  // One that goes while it is looked at is nothing to tell of.
  const found = unless(['ENOENT', 'ESTALE'], () => survey(dirfd, name));
  if (found === undefined) return [];
  const { tooDeep, data } = found;
  if (!tooDeep) {
    // A hardlink of every whiteout stays behind each clean unmount: nothing to tell of.
    if (isNullDevice(s)) return [];
    return [
      {
        code: 'work-leftover',
        severity: 'note',
        path,
        message: 'left by a copy-up that was interrupted; the kernel removes it at the next mount',
        remedy: 'none needed',
        safe: true,
      },
    ];
  }
  return [
    {
      code: 'deep-work-leftover',
      severity: parent === 'work' ? 'error' : 'warning',
      path,
      message:
        parent === 'work'
          ? 'too deep for the kernel to remove: the next mount is read-only and without its index, silently, and names show their old content'
          : 'too deep for the kernel to remove: it stays in the index and takes space',
      remedy: data
        ? 'plinkctl repair --rescue DIR moves it away with the data in it'
        : 'plinkctl repair -y removes it: it holds no data',
      safe: !data,
      action: data ? { kind: 'rescue', at, consent: 'rescue' } : { kind: 'remove', at, consent: 'safe' },
    },
  ];
}

function survey(dirfd: number, name: Bytes): { tooDeep: boolean; data: boolean } {
  let [tooDeep, data] = [false, false];
  for (const { at, stat, depth } of treeSteps(dirfd, name)) {
    if (at === 'leave' || at === 'left') continue;
    tooDeep ||= depth >= LEVELS;
    data ||= at === 'file' && holdsData(stat);
    if (tooDeep && data) break;
  }
  return { tooDeep, data };
}

function holdsData(s: Stat): boolean {
  if (isNullDevice(s)) return false;
  return !isRegular(s) || s.size > 0n;
}

function openIfThere(dirfd: number, name: Bytes): number | undefined {
  try {
    return openQuietly(dirfd, name);
  } catch (error) {
    if (isSysError(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES')) return undefined;
    throw error;
  }
}
