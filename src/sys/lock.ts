import { checkFd } from './check.js';
import { native } from './libc.js';
import { invoke } from './seam.js';
import { isSysError, unless } from './sys-error.js';

const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;
const F_SETLEASE = 1024;
const F_WRLCK = 1;
const F_UNLCK = 2;

const flockCall = native('int flock(int fd, int operation)');
const fcntlCall = native('int fcntl(int fd, int command, long argument)');

/** Tries for the exclusive flock(2) of an open file; false where another open file has it. */
export function tryLock(fd: number): boolean {
  checkFd(fd);
  return (
    unless(['EAGAIN'], () => invoke('flock', fd, '', () => flockCall(fd, LOCK_EX | LOCK_NB))) !== undefined
  );
}

/** Gives the flock(2) back; closing the last copy of the descriptor does the same. */
export function unlock(fd: number): void {
  checkFd(fd);
  invoke('flock', fd, '', () => flockCall(fd, LOCK_UN));
}

/**
 * Whether nobody else has a regular file open, asked by a write lease that is given back at once. An overlay's
 * open files carry the overlay's own inode, so /proc shows nothing; the lease sees them.
 *
 * @param fd - the file, open for reading or writing by this process alone
 */
export function nobodyHasOpen(fd: number): boolean {
  checkFd(fd);
  try {
    invoke('fcntl', fd, '', () => fcntlCall(fd, F_SETLEASE, F_WRLCK));
  } catch (error) {
    if (isSysError(error, 'EAGAIN')) return false;
    throw error;
  }
  invoke('fcntl', fd, '', () => fcntlCall(fd, F_SETLEASE, F_UNLCK));
  return true;
}
