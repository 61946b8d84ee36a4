import { closeSync, openSync, readSync, writeSync } from 'node:fs';

// struct xfs_dsb of the kernel's fs/xfs/libxfs/xfs_format.h.
const SUPERBLOCK = 512;
const FEATURES_INCOMPAT = 216;
const CRC = 224;
const INCOMPAT_PARENT = 0x80;

/**
 * Turns parent pointers on in a new and empty xfs, as `mkfs.xfs -n parent=1` of xfsprogs 6.10 does: its root has
 * none, so the feature's bit is all there is to write.
 */
export function keepParentPointers(image: string): void {
  const fd = openSync(image, 'r+');
  try {
    const superblock = Buffer.alloc(SUPERBLOCK);
    readSync(fd, superblock, 0, SUPERBLOCK, 0);
    superblock.writeUInt32BE(superblock.readUInt32BE(FEATURES_INCOMPAT) | INCOMPAT_PARENT, FEATURES_INCOMPAT);
    superblock.writeUInt32LE(0, CRC);
    superblock.writeUInt32LE(crc32c(superblock), CRC);
    writeSync(fd, superblock, 0, SUPERBLOCK, 0);
  } finally {
    closeSync(fd);
  }
}

function crc32c(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
