import { readlinkSync } from 'node:fs';
import { fixedMemory, native } from './libc.js';

/** Numbers of capabilities(7); all are in the first word. */
const numbers = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_DAC_READ_SEARCH: 2,
  CAP_FOWNER: 3,
  CAP_SYS_ADMIN: 21,
} as const;

export type Capability = keyof typeof numbers;

/** Inode of the first user namespace (PROC_USER_INIT_INO of include/linux/proc_ns.h). */
const FIRST_USER_NAMESPACE = 'user:[4026531837]';

/** `_LINUX_CAPABILITY_VERSION_3`, whose sets are of two words. */
const VERSION = 0x20080522;

const capgetCall = native('int capget(int64_t header, int64_t data)');
/** Version, and 0 for this thread. */
const header = fixedMemory(8);
/** Twice: effective, permitted, inheritable. */
const sets = fixedMemory(24);

/** Whether this process has a capability in effect, in its own user namespace. False where nobody tells. */
export function hasCapability(capability: Capability): boolean {
  new Uint32Array(header.bytes.buffer).set([VERSION, 0]);
  if (capgetCall(header.address, sets.address) < 0) return false;
  const [effective = 0] = new Uint32Array(sets.bytes.buffer);
  return ((effective >>> numbers[capability]) & 1) === 1;
}

/** Whether this process is in the machine's first user namespace: what a container's root may is another thing. */
export function inFirstUserNamespace(): boolean {
  try {
    return readlinkSync('/proc/thread-self/ns/user') === FIRST_USER_NAMESPACE;
  } catch {
    return false;
  }
}
