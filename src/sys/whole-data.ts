import { nextData, pread, pwrite } from './data.js';

/** Bytes. */
const PIECE = 1024 * 1024;

/**
 * Copies the first `size` bytes, holes left out: a hole of the source is not written in the target. Ends early where
 * the source does.
 */
export function copyData(source: number, target: number, size: number): void {
  for (const _ of copyPieces(source, target, size));
}

/** As {@link copyData}, a piece at a time. */
export function* copyPieces(source: number, target: number, size: number): Generator<void> {
  const buffer = Buffer.allocUnsafe(PIECE);
  for (let at = 0; at < size; ) {
    const extent = nextData(source, at);
    if (extent === undefined) return;
    for (at = extent.start; at < extent.end; ) {
      const length = pread(source, buffer.subarray(0, Math.min(PIECE, extent.end - at)), at);
      if (length === 0) return;
      pwrite(target, buffer.subarray(0, length), at);
      at += length;
      yield;
    }
  }
}

/** Fills a buffer from `offset` on; less only at the file's end. Returns the number of bytes. */
export function preadFully(fd: number, buffer: Buffer, offset: number): number {
  let done = 0;
  while (done < buffer.length) {
    const length = pread(fd, buffer.subarray(done), offset + done);
    if (length === 0) break;
    done += length;
  }
  return done;
}
