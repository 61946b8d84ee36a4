import { closeSync, openSync, readSync } from 'node:fs';
import { Problem } from './problem.js';
import { type Bytes, bytesOf, toBuffer } from './sys/bytes.js';
import { naming } from './sys/naming.js';

/** MiB: more than any configuration, fstab or map. A device such as /dev/zero gives bytes for ever. */
const MOST = 128;
const PIECE = 64 * 1024;

/**
 * Reads a file that a user names, a pipe as well.
 *
 * @throws node's own error, with the path also for a directory, where it cannot be read; Problem usage `too-large`
 */
export function readInput(path: Bytes): Bytes {
  const fd = naming(path, () => openSync(toBuffer(path), 'r'));
  try {
    const pieces: Buffer[] = [];
    for (let total = 0; total <= MOST * 2 ** 20; ) {
      const piece = Buffer.allocUnsafe(PIECE);
      const length = naming(path, () => readSync(fd, piece));
      if (length === 0) return bytesOf(Buffer.concat(pieces));
      pieces.push(piece.subarray(0, length));
      total += length;
    }
  } finally {
    closeSync(fd);
  }
  throw new Problem('usage', 'too-large', `has more than ${MOST} MiB: it is no file of this kind`, { path });
}
