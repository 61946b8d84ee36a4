import type { Bytes } from './bytes.js';
import { checkDirFd, cString } from './check.js';
import { native, OPEN_TREE, syscall } from './libc.js';
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
const openTreeCall = syscall('int', 'void *', 'unsigned int');

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
