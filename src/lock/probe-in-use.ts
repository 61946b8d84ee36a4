import { ascii, type Bytes } from '../sys/bytes.js';
import { fileSystemOf, foldsCase } from '../sys/filesystem.js';
import { cloneMount, MNT_DETACH, mount, umount } from '../sys/mount.js';
import { O_DIRECTORY, O_PATH, openDirectory, openTrusted, withFd } from '../sys/open.js';
import { isSysError, unless } from '../sys/sys-error.js';
import { withScratchDirectory } from './scratch-directory.js';

const OVERLAY = ascii('overlay');
const HERE = ascii('.');

// Another probe of the same directory holds the kernel's mark for microseconds and looks like a live overlay.
const TRIES = 3;
const PAUSE_MS = 5;

/**
 * Whether a directory is the upper or the work directory of a live overlay, asked of the kernel: a mount with it
 * as `upperdir` and a work directory on another mount fails EBUSY if it is, EINVAL if it is not, since the kernel
 * looks at the mark of its inode before it compares the mounts. Sees overlays of every mount namespace, with
 * `index=on` or `off`, and those that are detached but still open. Changes nothing; one line in the kernel log.
 *
 * @returns undefined where the kernel cannot be asked: no CAP_SYS_ADMIN, a read-only mount, a directory of
 *   another mount namespace
 */
export function probeInUse(directory: Bytes): boolean | undefined {
  return withFd(openTrusted(directory, O_PATH | O_DIRECTORY), (upper) => {
    if (!canBeUpper(upper) || withFd(openDirectory(directory), foldsCase)) return undefined;
    return withScratchDirectory(({ lower, work, target }) =>
      withFd(openTrusted(lower, O_PATH | O_DIRECTORY), (lowerFd) =>
        // A detached copy is a mount of its own, whatever file system the scratch directory is on.
        withFd(openTrusted(work, O_PATH | O_DIRECTORY), (workFd) =>
          withFd(cloneMount(workFd, HERE), (workMount) => {
            // Descriptors have no commas, colons or backslashes, and cannot be swapped for a symlink.
            const data = ascii(
              `lowerdir=/proc/self/fd/${lowerFd},upperdir=/proc/self/fd/${upper},workdir=/proc/self/fd/${workMount},index=on`,
            );
            return ask(target, data);
          }),
        ),
      ),
    );
  });
}

/**
 * The refusals that come before the kernel looks at the mark, and are EINVAL or EROFS too. One more is asked of the
 * directory itself: where it folds case and the scratch directories do not, ovl_mount_dir_check refuses both together.
 */
function canBeUpper(fd: number): boolean {
  if (fileSystemOf(fd).readOnly) return false;
  // Fails just where overlayfs cannot make its own copy of the mount: another namespace's, or an unbindable one.
  const clone = unless(['EINVAL', 'EPERM', 'EACCES', 'ENOSYS'], () => cloneMount(fd, HERE));
  if (clone === undefined) return false;
  withFd(clone, () => undefined);
  return true;
}

function ask(target: Bytes, data: Bytes): boolean | undefined {
  for (let tries = 1; ; tries += 1) {
    try {
      mount(OVERLAY, target, OVERLAY, 0, data);
    } catch (error) {
      if (isSysError(error, 'EINVAL')) return false;
      if (!isSysError(error, 'EBUSY')) return undefined;
      if (tries === TRIES) return true;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      continue;
    }
    // No kernel lets two mounts be one; if one does, the directory was free.
    umount(target, MNT_DETACH);
    return false;
  }
}
