import { checkFd } from './check.js';
import { native } from './libc.js';
import { invoke } from './seam.js';
import { isSysError, unless } from './sys-error.js';

const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;
const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_GETLEASE = 1025;
const F_WRLCK = 1;
const F_UNLCK = 2;

/** A signal that does nothing unless somebody listens: the same number on every architecture that is supported. */
const SIGURG = 23;

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
 * Takes a write lease on a regular file, by which the kernel holds everybody who opens it up (45 seconds, or
 * fs.lease-break-time) until {@link dropLease}: nobody else has it open, through an overlay either. An overlay's open
 * files carry the overlay's own inode, so /proc shows nothing; the lease sees them.
 *
 * @param fd - the file, open for reading or writing by this process alone
 * @returns false where somebody has it open
 * @throws SysError EACCES without CAP_LEASE for somebody else's file, EINVAL on a file system that gives none
 */
export function takeLease(fd: number): boolean {
  checkFd(fd);
  // Whoever opens it has the holder sent a signal; SIGIO, which it is unless told, would end this process.
  invoke('fcntl', fd, '', () => fcntlCall(fd, F_SETSIG, SIGURG));
  try {
    invoke('fcntl', fd, '', () => fcntlCall(fd, F_SETLEASE, F_WRLCK));
  } catch (error) {
    if (isSysError(error, 'EAGAIN')) return false;
    throw error;
  }
  return true;
}

/** Whether a lease that was taken is as it was: nobody waits for the file to be let go. */
export function holdsLease(fd: number): boolean {
  checkFd(fd);
  return invoke('fcntl', fd, '', () => fcntlCall(fd, F_GETLEASE, 0)) === F_WRLCK;
}

/** Gives a lease back. */
export function dropLease(fd: number): void {
  checkFd(fd);
  invoke('fcntl', fd, '', () => fcntlCall(fd, F_SETLEASE, F_UNLCK));
}

/** Whether nobody else has a regular file open, asked by a lease that is given back at once; {@link takeLease}. */
export function nobodyHasOpen(fd: number): boolean {
  if (!takeLease(fd)) return false;
  dropLease(fd);
  return true;
}
