import { fstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { interpose } from '../../src/sys/seam.js';

/** Runs `act` and counts how often a directory at or below `root` was begun to be read. */
export async function directoriesRead<T>(root: string, act: () => Promise<T>): Promise<[T, number]> {
  let read = 0;
  // By inode: a private copy of the mount shows other paths.
  const below = readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name));
  const wanted = new Set([root, ...below].map((path) => identity(statSync(path))));
  const begun = new Set<number>();
  interpose(({ name, fd }, proceed) => {
    if (name === 'close') begun.delete(fd);
    if (name === 'getdents64' && !begun.has(fd)) {
      begun.add(fd);
      if (wanted.has(identity(fstatSync(fd)))) read += 1;
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

const identity = ({ dev, ino }: { readonly dev: number; readonly ino: number }): string => `${dev}:${ino}`;
