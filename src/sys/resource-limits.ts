import { fixedMemory, native } from './libc.js';

const RLIMIT_NOFILE = 7;
const RLIMIT_AS = 9;
/** What every process may have open, where it cannot be asked. */
const USUAL_FILES = 1024;

/** How many descriptors this process may have open (Node raises its soft limit to the hard one at the start). */
export function mostOpenFiles(): number {
  return limitOf(RLIMIT_NOFILE) ?? USUAL_FILES;
}

/** Bytes of addresses that this process may have (`ulimit -v`); some 2^64 where there is no limit. */
export function mostAddresses(): number {
  return limitOf(RLIMIT_AS) ?? Number.POSITIVE_INFINITY;
}

/** The soft limit of getrlimit(2); undefined where it cannot be asked. */
function limitOf(resource: number): number | undefined {
  const { bytes, address } = fixedMemory(16);
  const getrlimit = native('int getrlimit(int resource, int64_t limits)');
  if (getrlimit(resource, address) < 0) return undefined;
  return Number(new BigUint64Array(bytes.buffer)[0]);
}
