import { closeSync, constants, fchmodSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type Bytes, toBuffer } from '../sys/bytes.js';
import { randomHex } from '../sys/random-hex.js';
import { naming } from './naming.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Puts text into a file that only its owner may read (it names files of directories that others may not list),
 * whole or not at all. A symbolic link at `file` is replaced, not followed.
 */
export function writePrivate(file: Bytes, text: string): void {
  const temporary = toBuffer(`${file}.${randomHex(6)}` as Bytes);
  const fd = naming(file, () => openSync(temporary, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600));
  try {
    try {
      fchmodSync(fd, 0o600);
      writeFileSync(fd, text);
    } finally {
      closeSync(fd);
    }
    naming(file, () => renameSync(temporary, toBuffer(file)));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
