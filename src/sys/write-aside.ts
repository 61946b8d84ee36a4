import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type Bytes, parentOf, toBuffer } from './bytes.js';
import { naming } from './naming.js';
import { randomHex } from './random-hex.js';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/**
 * Puts text into a file of our own, outside of the branches, whole or not at all: by a new file beside it that nobody
 * can have prepared a name for. A symbolic link at `file` is replaced, not followed.
 *
 * @param mode - whatever the umask says
 * @param durable - whether it outlives a power cut once this returns; `file` is absolute then
 * @throws node's own error, with `file` as its path
 */
export function writeAside(
  file: Bytes,
  text: string,
  { mode, durable }: { readonly mode: number; readonly durable: boolean },
): void {
  const temporary = toBuffer(`${file}.${randomHex(8)}` as Bytes);
  naming(file, () => {
    const fd = openSync(temporary, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
    try {
      try {
        fchmodSync(fd, mode);
        writeFileSync(fd, text);
        if (durable) fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(temporary, toBuffer(file));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    if (durable) syncDirectory(parentOf(file));
  });
}

function syncDirectory(path: Bytes): void {
  const fd = openSync(toBuffer(path === '' ? ('/' as Bytes) : path), O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
