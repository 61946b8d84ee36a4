import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;

const libc = koffi.load(null);
const mmap = libc.func(
  'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t at)',
);
const munmap = libc.func('int munmap(void *address, size_t length)');
const memset = libc.func('void *memset(void *address, int byte, size_t length)');

/** The start of a file in memory, shared and writable, as a database has it. */
export interface MappedFile {
  /** Stores `length` times the byte. */
  fill(byte: number, length: number): void;
  unmap(): void;
}

export function mapFile(path: string, length: number): MappedFile {
  const fd = openSync(path, 'r+');
  const address = mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, 0);
  closeSync(fd);
  return {
    fill: (byte, count) => void memset(address, byte, Math.min(count, length)),
    unmap: () => void munmap(address, length),
  };
}
