import { Problem } from '../../problem.js';
import { INDEX } from '../../scan/overlay/overlay-index.js';
import { ascii, type Bytes } from '../../sys/bytes.js';
import { cloneMount } from '../../sys/mount.js';
import { close, O_DIRECTORY, O_PATH, openDirectory, openTrusted, withFd } from '../../sys/open.js';
import { stat } from '../../sys/stat.js';
import { SysError } from '../../sys/sys-error.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import type { OverlayUnion } from '../../union/union.js';
import { shows } from '../shows.js';
import { SELF } from '../site.js';

/** A mounted overlay, its upper and its index, open. */
export interface MountedOverlay {
  /** Root of the merged view, `O_PATH`. */
  readonly root: number;
  readonly upper: number;
  readonly index: number;
  close(): void;
}

/**
 * Opens a mounted overlay for {@link restoreMounted}, after proof that the mount point, the upper and the index
 * are those of one live overlay which makes links.
 *
 * @throws Problem busy `index-off`, `read-only-mount`; operational `other-mount`, `other-upper`
 */
export function openMountedOverlay(union: OverlayUnion): MountedOverlay {
  const { mounted } = union;
  if (mounted === undefined) throw new Error('the overlay is not mounted');
  const refuse = (kind: 'busy' | 'operational', code: string, message: string, hint: string): Problem =>
    new Problem(kind, code, message, { path: mounted.path, hint });
  if (union.options.index === false) {
    throw refuse(
      'busy',
      'index-off',
      'is mounted with index=off: this mount shows names that fell apart as separate files, and joins none',
      'unmount it, then run the same command on its branches (-o, or --upper, --lower and --work)',
    );
  }
  if (mounted.readOnly) {
    throw refuse(
      'busy',
      'read-only-mount',
      'is mounted read-only, so the kernel makes no links in it',
      'remount it read-write, or unmount it and run the same command on its branches',
    );
  }
  const opened: number[] = [];
  const closeAll = (): void => {
    for (const fd of opened.splice(0)) close(fd);
  };
  const take = (fd: number): number => {
    opened.push(fd);
    return fd;
  };
  try {
    const root = take(openRoot(mounted.path));
    if (stat(root, SELF).dev !== mounted.dev) {
      throw refuse(
        'operational',
        'other-mount',
        'something else is mounted over this overlay',
        'unmount that first (findmnt shows it)',
      );
    }
    const upper = take(openDirectory(upperOf(union)));
    if (!shows(root, upper, SELF)) {
      throw refuse(
        'operational',
        'other-upper',
        'the upper that the mount options name is not the one that is mounted here',
        'the directory was moved or replaced since the mount: unmount it, then run the same command on its branches',
      );
    }
    const index = take(openIndex(union.work));
    return { root, upper, index, close: closeAll };
  } catch (error) {
    closeAll();
    throw error;
  }
}

/**
 * A private copy of the mount shows names under other mounts too, and keeps no user from unmounting. There is none
 * of a mount in another mount namespace.
 */
function openRoot(path: Bytes): number {
  const own = openTrusted(path, O_PATH | O_DIRECTORY);
  try {
    return withFd(own, (fd) => cloneMount(fd, ascii('.')));
  } catch (error) {
    if (!(error instanceof SysError) || error.syscall !== 'open_tree') throw error;
    return openTrusted(path, O_PATH | O_DIRECTORY);
  }
}

function openIndex(work: Bytes): number {
  return withFd(openDirectory(work), (fd) => openQuietly(fd, INDEX));
}

function upperOf({ branches }: OverlayUnion): Bytes {
  const [first] = branches;
  if (first?.role !== 'upper') throw new Error('an overlay without an upper');
  return first.path;
}
