import type { Bytes } from './bytes.js';
import { checkDirFd, checkFd, checkU32 } from './check.js';
import { ADDRESS, fixedMemory, SYS, syscall } from './libc.js';
import { O_CLOEXEC } from './open.js';
import { pathArgument } from './path-argument.js';
import { invoke } from './seam.js';
import { unless } from './sys-error.js';

/** A file handle: what identifies an inode on its file system for ever, generation included. */
export interface Handle {
  /** The file system's own type number; it does not alone tell the layout (ext4 and tmpfs share 1). */
  readonly type: number;
  readonly fid: Buffer;
}

const AT_EMPTY_PATH = 0x1000;
const MAX_HANDLE = 128;

const nameToHandleCall = syscall('int', ADDRESS, ADDRESS, ADDRESS, 'int');
const openByHandleCall = syscall('int', 'void *', 'int');

const { bytes, address } = fixedMemory(8 + MAX_HANDLE);
const buffer = Buffer.from(bytes.buffer);
const mountId = fixedMemory(8);

/**
 * The handle of a name in a directory, no symlink followed; name `''` is the descriptor itself. Needs no
 * privilege. Undefined where the file system has no handles.
 */
export function handleOf(dirfd: number, name: Bytes): Handle | undefined {
  checkDirFd(dirfd);
  const flags = name === '' ? AT_EMPTY_PATH : 0;
  const done = unless(['EOPNOTSUPP', 'EOVERFLOW'], () =>
    invoke('name_to_handle_at', dirfd, name, () => {
      buffer.writeUInt32LE(MAX_HANDLE, 0);
      return nameToHandleCall(
        SYS.name_to_handle_at,
        dirfd,
        pathArgument.put(name),
        address,
        mountId.address,
        flags,
      );
    }),
  );
  if (done === undefined) return undefined;
  const length = buffer.readUInt32LE(0);
  return { type: buffer.readInt32LE(4), fid: Buffer.from(buffer.subarray(8, 8 + length)) };
}

/**
 * Opens the inode of a handle (CAP_DAC_READ_SEARCH in the initial user namespace).
 *
 * @param mountFd - any descriptor on the file system's mount
 * @throws SysError ESTALE where the inode is gone
 */
export function openByHandle(mountFd: number, handle: Handle, flags: number): number {
  checkFd(mountFd);
  checkU32(handle.type, 'handle type');
  const raw = Buffer.alloc(8 + handle.fid.length);
  raw.writeUInt32LE(handle.fid.length, 0);
  raw.writeInt32LE(handle.type, 4);
  handle.fid.copy(raw, 8);
  return invoke('open_by_handle_at', mountFd, '', () =>
    openByHandleCall(SYS.open_by_handle_at, mountFd, raw, flags | O_CLOEXEC),
  );
}
