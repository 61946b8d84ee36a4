import type { Bytes } from '../sys/bytes.js';
import { namesIn } from '../sys/record-names.js';
import { isDirectory, type Stat, stat } from '../sys/stat.js';
import { DirectoryChain } from './directory-chain.js';

/**
 * One step of the way through a tree. A directory is entered and left, both times with itself as `dirfd`; once it has
 * been left, and is closed, there is a step with the directory that it is in, as there is for any other file.
 */
export interface TreeStep {
  readonly at: 'file' | 'enter' | 'leave' | 'left';
  /** Good until the next step. */
  readonly dirfd: number;
  readonly name: Bytes;
  /** As it was before anything in it was read. */
  readonly stat: Stat;
  /** Directories of the tree above it. */
  readonly depth: number;
}

/**
 * Goes through a file, or a directory with all that is in it, of any depth and with few descriptors. No symlink is
 * followed, and no other mount entered. Names may be added and removed meanwhile; those are gone to that a directory had
 * when it was entered.
 *
 * @throws SysError EXDEV for a mount, ENOENT for a name that is gone by now, ESTALE for a directory that was replaced
 */
export function* treeSteps(dirfd: number, name: Bytes): Generator<TreeStep> {
  const chain = new DirectoryChain(dirfd);
  const ahead: Bytes[][] = [[name]];
  try {
    for (;;) {
      const depth = ahead.length - 1;
      const next = ahead[depth]?.pop();
      if (next !== undefined) {
        const file = stat(chain.fd, next);
        if (!isDirectory(file)) {
          yield { at: 'file', dirfd: chain.fd, name: next, stat: file, depth };
          continue;
        }
        const entered = chain.enter(next);
        ahead.push(namesIn(chain.fd).reverse());
        yield { at: 'enter', dirfd: chain.fd, name: next, stat: entered, depth };
        continue;
      }
      if (depth === 0) return;
      const own = chain.last;
      yield { at: 'leave', dirfd: chain.fd, ...own, depth: depth - 1 };
      ahead.pop();
      chain.leave();
      yield { at: 'left', dirfd: chain.fd, ...own, depth: depth - 1 };
    }
  } finally {
    chain.close();
  }
}
