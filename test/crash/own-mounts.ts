import { ascii } from '../../src/sys/bytes.js';
import { native, orErrno } from '../../src/sys/libc.js';
import { mount } from '../../src/sys/mount.js';

const CLONE_NEWNS = 0x00020000;
const MS_REC_PRIVATE = 0x4000 | 0x40000;

const unshare = native('int unshare(int flags)');
let done = false;

/**
 * Gives this process a mount namespace of its own. A namespace that any other process makes copies all mounts it
 * sees, and keeps alive what a test has unmounted: the next mount of the same image or upper is then refused.
 */
export function ownMounts(): void {
  if (done) return;
  done = true;
  const result = orErrno(unshare(CLONE_NEWNS));
  if (result < 0) throw new Error(`unshare: errno ${-result}`);
  mount(ascii('none'), ascii('/'), ascii(''), MS_REC_PRIVATE, ascii(''));
}
