import { fixedMemory, native } from './libc.js';

const RLIMIT_NOFILE = 7;
/** What every process may have, where it cannot be asked. */
const USUAL = 1024;

/** How many descriptors this process may have open (Node raises its soft limit to the hard one at the start). */
export function mostOpenFiles(): number {
  const { bytes, address } = fixedMemory(16);
  const getrlimit = native('int getrlimit(int resource, int64_t limits)');
  if (getrlimit(RLIMIT_NOFILE, address) < 0) return USUAL;
  return Number(new BigUint64Array(bytes.buffer)[0] ?? USUAL);
}
