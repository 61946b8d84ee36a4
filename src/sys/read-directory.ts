import type { Bytes } from './bytes.js';
import { checkFd } from './check.js';
import { SYS, syscall } from './libc.js';
import { invoke } from './seam.js';

/** `d_type` values of getdents64(2). */
export const DT_UNKNOWN = 0;
export const DT_DIR = 4;

/** One name of a directory as getdents64(2) tells it, without a stat. */
export interface DirectoryEntry {
  readonly name: Bytes;
  /** `d_ino`; true on plain file systems, not on overlay or FUSE. */
  readonly ino: bigint;
  /** `DT_*`, `DT_UNKNOWN` where the file system does not say. */
  readonly type: number;
}

const getdentsCall = syscall('int', 'void *', 'size_t');

/** One call of getdents64(2) into `buffer`: the number of bytes written, 0 at the end. */
export function getdents(fd: number, buffer: Buffer): number {
  checkFd(fd);
  return invoke('getdents64', fd, '', () => getdentsCall(SYS.getdents64, fd, buffer, buffer.length));
}

/**
 * Every name of an open directory but `.` and `..`, in the directory's own order. The descriptor must be
 * fresh or rewound.
 *
 * @throws SysError for a directory that cannot be read to its end: a list cut short proves nothing
 */
export function* readDirectory(fd: number): Generator<DirectoryEntry> {
  const buffer = Buffer.allocUnsafe(64 * 1024);
  for (;;) {
    const length = getdents(fd, buffer);
    if (length === 0) return;
    // The consumer may start another directory before it asks for more: parse the block whole first.
    const block: DirectoryEntry[] = [];
    for (let at = 0; at < length; ) {
      const size = buffer.readUInt16LE(at + 16);
      const end = buffer.indexOf(0, at + 19);
      const name = buffer.toString('latin1', at + 19, end) as Bytes;
      if (name !== '.' && name !== '..') {
        block.push({ name, ino: buffer.readBigUInt64LE(at), type: buffer[at + 18] ?? DT_UNKNOWN });
      }
      at += size;
    }
    yield* block;
  }
}
