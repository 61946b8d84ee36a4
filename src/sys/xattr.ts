import type { Bytes } from './bytes.js';
import { checkFd, cString } from './check.js';
import { type Address, type FixedMemory, fixedMemory, native } from './libc.js';
import { invoke, invokeRaw } from './seam.js';
import { isSysError, SysError } from './sys-error.js';
import { exchange, MOST, procPath, xattrCalls } from './xattr-calls.js';

/** `setxattr(2)`: fail if it exists already / does not exist yet. */
export const XATTR_CREATE = 1;
export const XATTR_REPLACE = 2;

/**
 * Bytes that are asked for first: the kernel clears as much memory as it is offered before it looks (1.4 microseconds of
 * 2.7 for 64 KiB, whether there is a value or not), and hardly any value is longer than this.
 */
const USUAL = 1024;

const listCall = native('long listxattr(int64_t path, int64_t list, size_t size)');
const llistCall = native('long llistxattr(int64_t path, int64_t list, size_t size)');
const fgetCall = native('long fgetxattr(int fd, int64_t name, int64_t value, size_t size)');

const scratch = Buffer.from(exchange.bytes.buffer);
const ERANGE = 34;
const E2BIG = 7;
const ENODATA = 61;
const EOPNOTSUPP = 95;
/** Names that are kept; there are about twenty of our own, and a copied directory may bring others. */
const MOST_NAMES = 64;
const attributeNames = new Map<string, FixedMemory>();

function attributeName(attribute: string): Address {
  let memory = attributeNames.get(attribute);
  if (memory === undefined) {
    const text = cString(attribute as Bytes);
    memory = fixedMemory(text.length);
    memory.bytes.set(text);
    if (attributeNames.size >= MOST_NAMES) attributeNames.clear();
    attributeNames.set(attribute, memory);
  }
  return memory.address;
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
  return anySize((size) =>
    invokeRaw('getxattr', dirfd, name, () => xattrCalls().get(dirfd, name, cattribute, size)),
  );
}

function anySize(get: (size: number) => number): number {
  const result = get(USUAL);
  return result === -ERANGE ? get(MOST) : result;
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
    anySize((size) => invokeRaw('getxattr', fd, '', () => fgetCall(fd, cattribute, exchange.address, size))),
  );
}

/** Whether an open (not `O_PATH`) descriptor has an attribute; true too where it cannot be told. */
export function hasXattrFd(fd: number, attribute: string): boolean {
  checkFd(fd);
  const cattribute = attributeName(attribute);
  const result = invokeRaw('getxattr', fd, '', () => fgetCall(fd, cattribute, exchange.address, 0));
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
  const call = name === '' ? listCall : llistCall;
  try {
    const size = invoke('listxattr', dirfd, name, () => call(procPath(dirfd, name), exchange.address, MOST));
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
  if (value.length > MOST) throw new SysError('setxattr', E2BIG, name);
  invoke('setxattr', dirfd, name, () => {
    scratch.set(value);
    return xattrCalls().set(dirfd, name, cattribute, value.length, flags);
  });
}

/** Removes an extended attribute; false where there was none. */
export function removeXattr(dirfd: number, name: Bytes, attribute: string): boolean {
  const cattribute = attributeName(attribute);
  try {
    invoke('removexattr', dirfd, name, () => xattrCalls().remove(dirfd, name, cattribute));
    return true;
  } catch (error) {
    if (isSysError(error, 'ENODATA')) return false;
    throw error;
  }
}
