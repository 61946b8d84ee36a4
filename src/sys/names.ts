import type { Bytes } from './bytes.js';
import { checkDirFd, checkName, checkU32 } from './check.js';
import { ADDRESS, native, SYS, syscall } from './libc.js';
import { PathArgument, pathArgument } from './path-argument.js';
import { invoke } from './seam.js';

const AT_REMOVEDIR = 0x200;

/** `renameat2(2)`: fail rather than replace. */
export const RENAME_NOREPLACE = 1;
/** `renameat2(2)`: swap the two names. */

const linkatCall = native('int linkat(int olddirfd, int64_t old, int newdirfd, int64_t new, int flags)');
const unlinkatCall = native('int unlinkat(int dirfd, int64_t path, int flags)');
const mkdiratCall = native('int mkdirat(int dirfd, int64_t path, unsigned int mode)');
const mknodatCall = native('int mknodat(int dirfd, int64_t path, unsigned int mode, uint64_t dev)');
const symlinkatCall = native('int symlinkat(int64_t target, int dirfd, int64_t path)');
const readlinkatCall = native('long readlinkat(int dirfd, int64_t path, void *buf, size_t size)');
const renameat2Call = syscall('int', ADDRESS, 'int', ADDRESS, 'unsigned int');

const second = new PathArgument();

/**
 * Makes a hardlink. A symlink is linked itself, never followed. Both directories must be on one mount.
 *
 * @throws SysError EEXIST, EXDEV (also for two project quotas), EMLINK, EPERM (immutable, append-only), …
 */
export function link(fromDir: number, from: Bytes, toDir: number, to: Bytes): void {
  checkName(from);
  checkName(to);
  invoke('linkat', checkDirFd(toDir), to, () =>
    linkatCall(checkDirFd(fromDir), pathArgument.put(from), toDir, second.put(to), 0),
  );
}

/** Removes a name that is not a directory. */
export function unlink(dirfd: number, name: Bytes): void {
  checkName(name);
  invoke('unlinkat', checkDirFd(dirfd), name, () => unlinkatCall(dirfd, pathArgument.put(name), 0));
}

/** Removes an empty directory. */
export function rmdir(dirfd: number, name: Bytes): void {
  checkName(name);
  invoke('unlinkat', checkDirFd(dirfd), name, () =>
    unlinkatCall(dirfd, pathArgument.put(name), AT_REMOVEDIR),
  );
}

/** Renames within one file system; `flags` are `RENAME_*`. */
export function rename(fromDir: number, from: Bytes, toDir: number, to: Bytes, flags = 0): void {
  checkName(from);
  checkName(to);
  invoke('renameat2', checkDirFd(toDir), to, () =>
    renameat2Call(SYS.renameat2, checkDirFd(fromDir), pathArgument.put(from), toDir, second.put(to), flags),
  );
}

/** Makes a directory; the mode is subject to the umask and to default ACLs of the parent. */
export function mkdir(dirfd: number, name: Bytes, mode: number): void {
  checkName(name);
  invoke('mkdirat', checkDirFd(dirfd), name, () =>
    mkdiratCall(dirfd, pathArgument.put(name), checkU32(mode, 'mode')),
  );
}

/** Makes a fifo, socket, device or regular file; `mode` carries the type. */
export function mknod(dirfd: number, name: Bytes, mode: number, dev: bigint): void {
  checkName(name);
  invoke('mknodat', checkDirFd(dirfd), name, () =>
    mknodatCall(dirfd, pathArgument.put(name), checkU32(mode, 'mode'), dev),
  );
}

/** Makes a symlink. */
export function symlink(target: Bytes, dirfd: number, name: Bytes): void {
  checkName(name);
  invoke('symlinkat', checkDirFd(dirfd), name, () =>
    symlinkatCall(pathArgument.put(target), dirfd, second.put(name)),
  );
}

/** The target of a symlink; with name `''` of the `O_PATH` descriptor itself. */
export function readLink(dirfd: number, name: Bytes): Bytes {
  const buffer = Buffer.allocUnsafe(4096);
  const length = invoke('readlinkat', checkDirFd(dirfd), name, () =>
    readlinkatCall(dirfd, pathArgument.put(name), buffer, buffer.length),
  );
  return buffer.toString('latin1', 0, length) as Bytes;
}
