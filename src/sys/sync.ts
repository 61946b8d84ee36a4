import { checkFd } from './check.js';
import { native } from './libc.js';
import { invoke } from './seam.js';

const fsyncCall = native('int fsync(int fd)');
const syncfsCall = native('int syncfs(int fd)');

/** Makes a file or a directory durable. */
export function fsync(fd: number): void {
  checkFd(fd);
  invoke('fsync', fd, '', () => fsyncCall(fd));
}

/** Makes a whole file system durable; about ten times an fsync when somebody else has dirty data. */
export function syncfs(fd: number): void {
  checkFd(fd);
  invoke('syncfs', fd, '', () => syncfsCall(fd));
}
