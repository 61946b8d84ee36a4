import { readlinkSync } from 'node:fs';
import { interpose } from '../../src/sys/seam.js';

/** Runs `act` and counts how often a directory below `root` was read to its end. */
export async function directoriesRead<T>(root: string, act: () => Promise<T>): Promise<[T, number]> {
  let read = 0;
  interpose(({ name, fd }, proceed) => {
    const result = proceed();
    if (name === 'getdents64' && result === 0 && readlinkSync(`/proc/self/fd/${fd}`).startsWith(root))
      read += 1;
    return result;
  });
  try {
    const result = await act();
    return [result, read];
  } finally {
    interpose(undefined);
  }
}
