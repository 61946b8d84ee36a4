import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { Problem } from '../problem.js';
import { type Bytes, toBuffer } from '../sys/bytes.js';

/**
 * `/dev/null`, `/dev/stdout`, a fifo: a file would take their place, for everybody. That of a directory it cannot take.
 * Better said before a run than after it.
 *
 * @throws Problem where something is at the name that is no file
 */
export function refuseSpecialFile(file: Bytes): void {
  const path = toBuffer(file);
  const own = lstatSync(path, { throwIfNoEntry: false });
  const there = own?.isSymbolicLink() === true ? statSync(path, { throwIfNoEntry: false }) : own;
  if (own?.isDirectory() === true || file.endsWith('/')) {
    throw new Problem('usage', 'not-a-file', 'is a directory, and a file is to be written', {
      path: file,
      hint: 'give the name of a file in it',
    });
  }
  const plain = there === undefined || there.isFile() || there.isDirectory();
  // /dev/stdout leads there, also where stdout is a file.
  const intoProc = own?.isSymbolicLink() === true && readlinkSync(path).startsWith('/proc/');
  if (plain && !intoProc) return;
  throw new Problem('usage', 'not-a-file', 'is no ordinary file, and would be replaced by one', {
    path: file,
    hint: 'give the name of a file, or of one that is not there yet',
  });
}
