import type { Bytes } from './bytes.js';
import { checkDirFd, cString } from './check.js';
import { native, OPEN_TREE, syscall } from './libc.js';
import { close } from './open.js';
import { invoke } from './seam.js';

export const MS_RDONLY = 1;
export const MNT_DETACH = 2;
const OPEN_TREE_CLONE = 1;
const O_CLOEXEC = 0o2000000;
const AT_SYMLINK_NOFOLLOW = 0x100;

const mountCall = native(
  'int mount(void *source, void *target, void *type, unsigned long flags, void *data)',
);
const umount2Call = native('int umount2(void *target, int flags)');
const MOUNT_SETATTR = 442;
const AT_EMPTY_PATH = 0x1000;
const MOUNT_ATTR_NOATIME = 0x10n;
const MOUNT_ATTR_ATIME_MASK = 0x70n;

const openTreeCall = syscall('int', 'void *', 'unsigned int');
const mountSetattrCall = syscall('int', 'void *', 'unsigned int', 'void *', 'size_t');

/** mount(2). */
export function mount(source: Bytes, target: Bytes, type: Bytes, flags: number, data: Bytes): void {
  const args = [cString(source), cString(target), cString(type), flags, cString(data)] as const;
  invoke('mount', -1, target, () => mountCall(...args));
}

/** umount2(2). */
export function umount(target: Bytes, flags = 0): void {
  const ctarget = cString(target);
  invoke('umount2', -1, target, () => umount2Call(ctarget, flags));
}

/**
 * A private copy of the mount at a directory, without what is mounted inside (open_tree(2), CAP_SYS_ADMIN): the
 * view that a union has of its layers. The descriptor is `O_PATH`; the copy goes when it is closed.
 */
export function cloneMount(dirfd: number, path: Bytes): number {
  checkDirFd(dirfd);
  const cpath = cString(path);
  const flags = OPEN_TREE_CLONE | O_CLOEXEC | AT_SYMLINK_NOFOLLOW;
  return invoke('open_tree', dirfd, path, () => openTreeCall(OPEN_TREE, dirfd, cpath, flags));
}

/**
 * As {@link cloneMount}, and through the copy nothing's access time changes (mount_setattr(2), Linux 5.12):
 * readlink knows no O_NOATIME.
 */
export function cloneMountWithoutAtime(dirfd: number, path: Bytes): number {
  return keepOpen(cloneMount(dirfd, path), (clone) => {
    const attributes = Buffer.alloc(32);
    attributes.writeBigUInt64LE(MOUNT_ATTR_NOATIME, 0);
    attributes.writeBigUInt64LE(MOUNT_ATTR_ATIME_MASK, 8);
    const itself = cString('' as Bytes);
    invoke('mount_setattr', clone, path, () =>
      mountSetattrCall(MOUNT_SETATTR, clone, itself, AT_EMPTY_PATH, attributes, attributes.length),
    );
  });
}

function keepOpen(fd: number, prepare: (fd: number) => void): number {
  try {
    prepare(fd);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}
