import { closeSync, constants, fchmodSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type Bytes, toBuffer } from '../sys/bytes.js';
import { randomHex } from '../sys/random-hex.js';
import { naming } from './naming.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Puts text into a file, whole or not at all: by a new file that nobody can have prepared a name for. A symbolic link
 * at `file` is replaced, not followed.
 */
export function writeWhole(file: Bytes, text: string, mode: number): void {
  const temporary = toBuffer(`${file}.${randomHex(8)}` as Bytes);
  const fd = naming(file, () => openSync(temporary, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600));
  try {
    try {
      // Whatever the umask says.
      fchmodSync(fd, mode);
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
