import type { Bytes } from './bytes.js';
import { checkFd, checkName, cString } from './check.js';
import { native } from './libc.js';
import { PathArgument } from './path-argument.js';
import { invoke, invokeRaw } from './seam.js';
import { isSysError, SysError } from './sys-error.js';

/** `setxattr(2)`: fail if it exists already / does not exist yet. */
export const XATTR_CREATE = 1;
export const XATTR_REPLACE = 2;

/** The kernel's own limit for one value and for one list (XATTR_SIZE_MAX, XATTR_LIST_MAX). */
const MAX = 65536;
/**
 * What is asked for first: the kernel clears as much memory as it is offered before it looks (1.4 microseconds of 2.7
 * for 64 KiB, whether there is a value or not), and hardly any value is longer than this.
 */
const USUAL = 1024;

const calls = {
  get: native('long getxattr(void *path, void *name, void *value, size_t size)'),
  lget: native('long lgetxattr(void *path, void *name, void *value, size_t size)'),
  set: native('int setxattr(void *path, void *name, void *value, size_t size, int flags)'),
  lset: native('int lsetxattr(void *path, void *name, void *value, size_t size, int flags)'),
  list: native('long listxattr(void *path, void *list, size_t size)'),
  llist: native('long llistxattr(void *path, void *list, size_t size)'),
  remove: native('int removexattr(void *path, void *name)'),
  lremove: native('int lremovexattr(void *path, void *name)'),
  fget: native('long fgetxattr(int fd, void *name, void *value, size_t size)'),
} as const;

const argument = new PathArgument();
const directories = new Map<number, string>();

// The calls that take a directory fd (getxattrat) came with Linux 6.13. The magic link of the descriptor is
// resolved by the kernel to the open directory itself, so a single component below it is as safe.
function procPath(dirfd: number, name: Bytes): Buffer {
  let directory = directories.get(checkFd(dirfd));
  if (directory === undefined) {
    directory = `/proc/self/fd/${dirfd}`;
    directories.set(dirfd, directory);
  }
  return name === '' ? argument.put(directory as Bytes) : argument.putBelow(`${directory}/`, checkName(name));
}

const scratch = Buffer.allocUnsafe(MAX);
const ERANGE = 34;
const ENODATA = 61;
const EOPNOTSUPP = 95;
const attributeNames = new Map<string, Buffer>();

function attributeName(attribute: string): Buffer {
  let buffer = attributeNames.get(attribute);
  if (buffer === undefined) {
    buffer = cString(attribute as Bytes);
    if (attributeNames.size < 64) attributeNames.set(attribute, buffer);
  }
  return buffer;
}

/**
 * The value of an extended attribute of a name in a directory, no symlink followed; name `''` is the
 * descriptor itself. Undefined where there is none, or where the file system keeps none.
 */
export function getXattr(dirfd: number, name: Bytes, attribute: string): Buffer | undefined {
  return value(name, getRaw(dirfd, name, attribute));
}

function getRaw(dirfd: number, name: Bytes, attribute: string): number {
  const cattribute = attributeName(attribute);
  const call = name === '' ? calls.get : calls.lget;
  return anySize((size) =>
    invokeRaw('getxattr', dirfd, name, () => call(procPath(dirfd, name), cattribute, scratch, size)),
  );
}

function anySize(get: (size: number) => number): number {
  const result = get(USUAL);
  return result === -ERANGE ? get(MAX) : result;
}

/** As {@link getXattr}, as text: of a thousand entries nobody wants a thousand buffers. */
export function getXattrText(
  dirfd: number,
  name: Bytes,
  attribute: string,
  encoding: 'latin1' | 'hex',
): string | undefined {
  const result = getRaw(dirfd, name, attribute);
  return hasValue(name, result) ? scratch.toString(encoding, 0, result) : undefined;
}

/** As {@link getXattr} of an open (not `O_PATH`) descriptor: one path resolution less. */
export function getXattrFd(fd: number, attribute: string): Buffer | undefined {
  checkFd(fd);
  const cattribute = attributeName(attribute);
  return value(
    '' as Bytes,
    anySize((size) => invokeRaw('getxattr', fd, '', () => calls.fget(fd, cattribute, scratch, size))),
  );
}

/** Whether an open (not `O_PATH`) descriptor has an attribute; true too where it cannot be told. */
export function hasXattrFd(fd: number, attribute: string): boolean {
  checkFd(fd);
  const cattribute = attributeName(attribute);
  const result = invokeRaw('getxattr', fd, '', () => calls.fget(fd, cattribute, scratch, 0));
  return result !== -ENODATA && result !== -EOPNOTSUPP;
}

function value(name: Bytes, result: number): Buffer | undefined {
  return hasValue(name, result) ? Buffer.from(scratch.subarray(0, result)) : undefined;
}

function hasValue(name: Bytes, result: number): boolean {
  if (result >= 0) return true;
  if (result === -ENODATA || result === -EOPNOTSUPP) return false;
  throw new SysError('getxattr', -result, name);
}

/** The names of all extended attributes that this process may see. */
export function listXattr(dirfd: number, name: Bytes): string[] {
  const call = name === '' ? calls.list : calls.llist;
  try {
    const size = invoke('listxattr', dirfd, name, () => call(procPath(dirfd, name), scratch, MAX));
    return scratch
      .toString('latin1', 0, size)
      .split('\0')
      .filter((attribute) => attribute !== '');
  } catch (error) {
    if (isSysError(error, 'EOPNOTSUPP')) return [];
    throw error;
  }
}

/** Sets an extended attribute, no symlink followed. */
export function setXattr(dirfd: number, name: Bytes, attribute: string, value: Uint8Array, flags = 0): void {
  const cattribute = attributeName(attribute);
  const call = name === '' ? calls.set : calls.lset;
  invoke('setxattr', dirfd, name, () => call(procPath(dirfd, name), cattribute, value, value.length, flags));
}

/** Removes an extended attribute; false where there was none. */
export function removeXattr(dirfd: number, name: Bytes, attribute: string): boolean {
  const cattribute = attributeName(attribute);
  const call = name === '' ? calls.remove : calls.lremove;
  try {
    invoke('removexattr', dirfd, name, () => call(procPath(dirfd, name), cattribute));
    return true;
  } catch (error) {
    if (isSysError(error, 'ENODATA')) return false;
    throw error;
  }
}
