import type { Bytes } from './bytes.js';
import { checkFd, cString } from './check.js';
import { FACCESSAT2, syscall } from './libc.js';
import { invokeRaw } from './seam.js';

const W_OK = 2;
const X_OK = 1;
const AT_EMPTY_PATH = 0x1000;
const AT_EACCESS = 0x200;
const EACCES = 13;

const faccessat2Call = syscall('int', 'void *', 'int', 'int');

/**
 * Whether this process may make and remove names in a directory, with its effective user and capabilities
 * (faccessat2(2), Linux 5.8). True where that cannot be told: the attempt will.
 *
 * @param fd - of the directory, `O_PATH` suffices
 */
export function mayChangeNames(fd: number): boolean {
  checkFd(fd);
  const itself = cString('' as Bytes);
  const result = invokeRaw('faccessat2', fd, '', () =>
    faccessat2Call(FACCESSAT2, fd, itself, W_OK | X_OK, AT_EACCESS | AT_EMPTY_PATH),
  );
  return result !== -EACCES;
}
