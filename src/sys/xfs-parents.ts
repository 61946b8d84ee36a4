import { type Bytes, bytesOf } from './bytes.js';
import { ioctl } from './ioctl.js';
import { addressOf } from './libc.js';

/** An inode of an xfs. */
export interface XfsInode {
  readonly inode: bigint;
  readonly generation: number;
}

/** A name of an inode: the directory and the name in it. */
export interface XfsParent {
  readonly directory: XfsInode;
  readonly name: Bytes;
}

// struct xfs_getparents_by_handle of the kernel's fs/xfs/libxfs/xfs_fs.h: a handle, then the request.
const XFS_IOC_GETPARENTS_BY_HANDLE = 0xc040583f;
const HANDLE = 24;
const REQUEST = HANDLE + 40;
const RECORD_NAME = 32;
const OFLAG_DONE = 2;
const BUFFER_SIZE = 64 * 1024;

const buffer = Buffer.alloc(BUFFER_SIZE);

/**
 * Every name of an inode, on an xfs with parent pointers and Linux 6.10 (CAP_SYS_ADMIN); the file system's root has
 * none.
 *
 * @param fd - any descriptor on the file system, not `O_PATH`
 * @param uuid - of the file system, 16 bytes
 * @throws SysError EOPNOTSUPP without parent pointers, ESTALE for an inode that is gone, EPERM, ENOTTY
 */
export function xfsParents(fd: number, uuid: Buffer, { inode, generation }: XfsInode): XfsParent[] {
  const request = Buffer.alloc(REQUEST);
  // The file system's number in a handle is made of its UUID (uuid_getnodeuniq).
  request.writeUInt32LE(((uuid.readUInt16BE(8) << 16) | uuid.readUInt16BE(4)) >>> 0, 0);
  request.writeUInt32LE(uuid.readUInt32BE(0), 4);
  request.writeUInt16LE(14, 8);
  request.writeUInt32LE(generation, 12);
  request.writeBigUInt64LE(inode, 16);
  request.writeUInt32LE(BUFFER_SIZE, HANDLE + 20);
  request.writeBigUInt64LE(addressOf(buffer), HANDLE + 32);
  const parents: XfsParent[] = [];
  for (;;) {
    // A file without names leaves the buffer as it was.
    buffer.fill(0, 0, RECORD_NAME + 1);
    ioctl(fd, XFS_IOC_GETPARENTS_BY_HANDLE, request);
    for (let at = 0; at + RECORD_NAME < BUFFER_SIZE; ) {
      const length = buffer.readUInt32LE(at + HANDLE);
      if (length === 0) break;
      const name = at + RECORD_NAME;
      parents.push({
        directory: { inode: buffer.readBigUInt64LE(at + 16), generation: buffer.readUInt32LE(at + 12) },
        name: bytesOf(buffer.subarray(name, buffer.indexOf(0, name))),
      });
      at += length;
    }
    if ((request.readUInt16LE(HANDLE + 18) & OFLAG_DONE) !== 0) return parents;
  }
}
