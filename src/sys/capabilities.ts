import { readFileSync, readlinkSync } from 'node:fs';

/** Numbers of capabilities(7). */
const numbers = {
  CAP_CHOWN: 0n,
  CAP_DAC_OVERRIDE: 1n,
  CAP_DAC_READ_SEARCH: 2n,
  CAP_FOWNER: 3n,
  CAP_SYS_ADMIN: 21n,
} as const;

export type Capability = keyof typeof numbers;

/** Inode of the first user namespace (PROC_USER_INIT_INO of include/linux/proc_ns.h). */
const FIRST_USER_NAMESPACE = 'user:[4026531837]';

/** Whether this process has a capability in effect, in its own user namespace. False where nobody tells. */
export function hasCapability(capability: Capability): boolean {
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(
      readFileSync('/proc/thread-self/status', 'latin1'),
    )?.[1];
    return effective !== undefined && ((BigInt(`0x${effective}`) >> numbers[capability]) & 1n) === 1n;
  } catch {
    return false;
  }
}

/** Whether this process is in the machine's first user namespace: what a container's root may is another thing. */
export function inFirstUserNamespace(): boolean {
  try {
    return readlinkSync('/proc/thread-self/ns/user') === FIRST_USER_NAMESPACE;
  } catch {
    return false;
  }
}
