import {
  closeSync,
  constants,
  fchmodSync,
  lstatSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { Problem } from '../problem.js';
import { type Bytes, toBuffer } from '../sys/bytes.js';
import { naming } from '../sys/naming.js';
import { randomHex } from '../sys/random-hex.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * `/dev/null`, `/dev/stdout`, a fifo: a file would take their place, for everybody. Better said before a run than
 * after it.
 *
 * @throws Problem where something is at the name that is no file
 */
export function refuseSpecialFile(file: Bytes): void {
  const path = toBuffer(file);
  const own = lstatSync(path, { throwIfNoEntry: false });
  const there = own?.isSymbolicLink() === true ? statSync(path, { throwIfNoEntry: false }) : own;
  const plain = there === undefined || there.isFile() || there.isDirectory();
  // /dev/stdout leads there, also where stdout is a file.
  const intoProc = own?.isSymbolicLink() === true && readlinkSync(path).startsWith('/proc/');
  if (plain && !intoProc) return;
  throw new Problem('usage', 'not-a-file', 'is no ordinary file, and would be replaced by one', {
    path: file,
    hint: 'give the name of a file, or of one that is not there yet',
  });
}

/**
 * Puts text into a file, whole or not at all: by a new file that nobody can have prepared a name for. A symbolic link
 * at `file` is replaced, not followed.
 */
export function writeWhole(file: Bytes, text: string, mode: number): void {
  refuseSpecialFile(file);
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
