import type { Bytes } from './bytes.js';
import { AT_FDCWD, checkFd, checkName } from './check.js';
import {
  ADDRESS,
  type Address,
  errno,
  fixedMemory,
  GETXATTRAT,
  native,
  orErrno,
  REMOVEXATTRAT,
  SETXATTRAT,
  syscall,
} from './libc.js';
import { PathArgument } from './path-argument.js';

/** The kernel's own limit for one value and for one list (XATTR_SIZE_MAX, XATTR_LIST_MAX), in bytes. */
export const MOST = 65536;

/** Where values come to and go from. */
export const exchange = fixedMemory(MOST);

/**
 * The calls for attributes of a name in a directory, no symlink followed; name `''` is the descriptor itself, `O_PATH`
 * or not. Values are in {@link exchange}.
 */
export interface XattrCalls {
  get(dirfd: number, name: Bytes, attribute: Address, size: number): number;
  set(dirfd: number, name: Bytes, attribute: Address, size: number, flags: number): number;
  remove(dirfd: number, name: Bytes, attribute: Address): number;
}

/** The name of a descriptor itself. */
const SELF = '' as Bytes;

const argument = new PathArgument();
const directories = new Map<number, string>();

/**
 * A path to a name in an open directory. The magic link of the descriptor is resolved by the kernel to the open
 * directory itself, so a single component below it is as safe as a call that takes the descriptor.
 */
export function procPath(dirfd: number, name: Bytes): Address {
  let directory = directories.get(checkFd(dirfd));
  if (directory === undefined) {
    directory = `/proc/self/fd/${dirfd}`;
    directories.set(dirfd, directory);
  }
  return name === '' ? argument.put(directory as Bytes) : argument.putBelow(`${directory}/`, checkName(name));
}

const { address: value } = exchange;
const byPath = {
  get: native('long getxattr(int64_t path, int64_t name, int64_t value, size_t size)'),
  lget: native('long lgetxattr(int64_t path, int64_t name, int64_t value, size_t size)'),
  set: native('int setxattr(int64_t path, int64_t name, int64_t value, size_t size, int flags)'),
  lset: native('int lsetxattr(int64_t path, int64_t name, int64_t value, size_t size, int flags)'),
  remove: native('int removexattr(int64_t path, int64_t name)'),
  lremove: native('int lremovexattr(int64_t path, int64_t name)'),
};

const byDescriptor = {
  get: native('long fgetxattr(int fd, int64_t name, int64_t value, size_t size)'),
  set: native('int fsetxattr(int fd, int64_t name, int64_t value, size_t size, int flags)'),
  remove: native('int fremovexattr(int fd, int64_t name)'),
};

const EBADF = 9;

/** An `O_PATH` descriptor is refused by the calls that take one: then it is reached through `/proc`, 2.8 microseconds later. */
function self(result: number, throughPath: () => number): number {
  return result < 0 && errno() === EBADF ? throughPath() : result;
}

const ownAttributes = {
  get: (fd: number, attribute: Address, size: number): number =>
    self(byDescriptor.get(checkFd(fd), attribute, value, size), () =>
      byPath.get(procPath(fd, SELF), attribute, value, size),
    ),
  set: (fd: number, attribute: Address, size: number, flags: number): number =>
    self(byDescriptor.set(checkFd(fd), attribute, value, size, flags), () =>
      byPath.set(procPath(fd, SELF), attribute, value, size, flags),
    ),
  remove: (fd: number, attribute: Address): number =>
    self(byDescriptor.remove(checkFd(fd), attribute), () => byPath.remove(procPath(fd, SELF), attribute)),
};

const throughProc: XattrCalls = {
  get: (dirfd, name, attribute, size) =>
    name === ''
      ? ownAttributes.get(dirfd, attribute, size)
      : byPath.lget(procPath(dirfd, name), attribute, value, size),
  set: (dirfd, name, attribute, size, flags) =>
    name === ''
      ? ownAttributes.set(dirfd, attribute, size, flags)
      : byPath.lset(procPath(dirfd, name), attribute, value, size, flags),
  remove: (dirfd, name, attribute) =>
    name === '' ? ownAttributes.remove(dirfd, attribute) : byPath.lremove(procPath(dirfd, name), attribute),
};

const AT_SYMLINK_NOFOLLOW = 0x100;
/** `struct xattr_args`: where the value is, its size, and flags. */
const ARGS_SIZE = 16;
const args = fixedMemory(ARGS_SIZE);
const argWords = new Uint32Array(args.bytes.buffer);
new BigUint64Array(args.bytes.buffer)[0] = BigInt(value);

const getAt = syscall('int', ADDRESS, 'int', ADDRESS, ADDRESS, 'size_t');
const removeAt = syscall('int', ADDRESS, 'int', ADDRESS);

function withArgs(size: number, flags: number): Address {
  argWords[2] = size;
  argWords[3] = flags;
  return args.address;
}

const nameOf = (name: Bytes): Address => argument.put(checkName(name));

const atDirectory: XattrCalls = {
  get: (dirfd, name, attribute, size) =>
    name === ''
      ? ownAttributes.get(dirfd, attribute, size)
      : getAt(
          GETXATTRAT,
          checkFd(dirfd),
          nameOf(name),
          AT_SYMLINK_NOFOLLOW,
          attribute,
          withArgs(size, 0),
          ARGS_SIZE,
        ),
  set: (dirfd, name, attribute, size, flags) =>
    name === ''
      ? ownAttributes.set(dirfd, attribute, size, flags)
      : getAt(
          SETXATTRAT,
          checkFd(dirfd),
          nameOf(name),
          AT_SYMLINK_NOFOLLOW,
          attribute,
          withArgs(size, flags),
          ARGS_SIZE,
        ),
  remove: (dirfd, name, attribute) =>
    name === ''
      ? ownAttributes.remove(dirfd, attribute)
      : removeAt(REMOVEXATTRAT, checkFd(dirfd), nameOf(name), AT_SYMLINK_NOFOLLOW, attribute),
};

/** Both ways, for tests; {@link xattrCalls} takes the quicker one that the kernel has. */
export const xattrWays = { throughProc, atDirectory };

let chosen: XattrCalls | undefined;

/**
 * getxattrat(2) and the like where the kernel has them (Linux 6.13) and nothing forbids them: five components of a path
 * less, 0.7 of 2.6 microseconds.
 */
export function xattrCalls(): XattrCalls {
  chosen ??= hasAtCalls() ? atDirectory : throughProc;
  return chosen;
}

const ERANGE = 34;

/** An attribute without a name is ERANGE where the call is known; a filter answers as it likes. */
function hasAtCalls(): boolean {
  const nothing = argument.put('' as Bytes);
  const result = getAt(GETXATTRAT, AT_FDCWD, nothing, 0, nothing, withArgs(0, 0), ARGS_SIZE);
  return orErrno(result) === -ERANGE;
}
