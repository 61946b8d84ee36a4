import { readlinkSync, statSync } from 'node:fs';
import { Problem } from '../problem.js';
import { type Bytes, bytesOf, toBuffer } from '../sys/bytes.js';
import { sameInode } from '../sys/inode-id.js';

/**
 * The working directory's path.
 *
 * @param relative - the path that begins there, for the message
 * @throws Problem operational `no-working-directory` where it was removed: what is at its old path is another one
 */
export function workingDirectory(relative: Bytes): Bytes {
  // process.cwd() is decoded text, in which a byte that is no UTF-8 is lost.
  const path = bytesOf(readlinkSync('/proc/self/cwd', 'buffer'));
  // The link of one that was removed says `… (deleted)`, which may be the name of another.
  if (!isSame(path)) throw noWorkingDirectory(relative);
  return path;
}

/** What is said where the working directory was removed. */
export function noWorkingDirectory(path?: Bytes): Problem {
  return new Problem('operational', 'no-working-directory', 'the working directory was removed', {
    path,
    hint: 'change to another directory',
  });
}

function isSame(path: Bytes): boolean {
  const here = statSync('.', { bigint: true });
  try {
    return sameInode(here, statSync(toBuffer(path), { bigint: true }));
  } catch (error) {
    // Any other error is told of the path that begins here.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
