import { readlinkSync } from 'node:fs';
import { interpose } from '../../src/sys/seam.js';

/** Runs `act` and counts how often a directory below `root` was begun to be read. */
export async function directoriesRead<T>(root: string, act: () => Promise<T>): Promise<[T, number]> {
  let read = 0;
  const begun = new Set<number>();
  interpose(({ name, fd }, proceed) => {
    if (name === 'close') begun.delete(fd);
    if (name === 'getdents64' && !begun.has(fd)) {
      begun.add(fd);
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith(root)) read += 1;
    }
    return proceed();
  });
  try {
    const result = await act();
    return [result, read];
  } finally {
    interpose(undefined);
  }
}
