import { checkFd } from './check.js';
import { native } from './libc.js';
import { invoke, invokeRaw } from './seam.js';
import { isSysError } from './sys-error.js';

const ioctlCall = native('int ioctl(int fd, unsigned long request, void *argument)');

/**
 * ioctl(2) that reads. `argument` goes in and comes out.
 *
 * @throws SysError
 */
export function ioctl(fd: number, request: number, argument: Buffer): void {
  invoke('ioctl', checkFd(fd), '', () => ioctlCall(fd, request, argument));
}

/** As {@link ioctl}, but gives `-errno` back where it fails. */
export function ioctlRaw(fd: number, request: number, argument: Buffer): number {
  return invokeRaw('ioctl', checkFd(fd), '', () => ioctlCall(fd, request, argument));
}

/** As {@link ioctl}; false where the file system does not know the request. */
export function ioctlIfKnown(fd: number, request: number, argument: Buffer): boolean {
  try {
    ioctl(fd, request, argument);
    return true;
  } catch (error) {
    if (isSysError(error, 'ENOTTY', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS')) return false;
    throw error;
  }
}

/** ioctl(2) that changes the file behind the descriptor. */
export function ioctlSet(fd: number, request: number, argument: Buffer): void {
  invoke('ioctl_set', checkFd(fd), '', () => ioctlCall(fd, request, argument));
}
