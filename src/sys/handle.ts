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
const words = new Uint32Array(bytes.buffer);
const mountId = fixedMemory(8);

/**
 * The handle of a name in a directory, no symlink followed; name `''` is the descriptor itself. Needs no
 * privilege. Undefined where the file system has no handles.
 */
export function handleOf(dirfd: number, name: Bytes): Handle | undefined {
  const length = readHandle(dirfd, name);
  if (length === undefined) return undefined;
  return { type: (words[1] as number) | 0, fid: Buffer.from(buffer.subarray(8, 8 + length)) };
}

/** As {@link handleOf}, its bytes in hex: of a thousand names nobody wants a thousand buffers. */
export function handleTextOf(
  dirfd: number,
  name: Bytes,
): { readonly type: number; readonly fid: string } | undefined {
  const length = readHandle(dirfd, name);
  if (length === undefined) return undefined;
  return { type: (words[1] as number) | 0, fid: buffer.toString('hex', 8, 8 + length) };
}

/** How many bytes it has, in `buffer` from 8 on. */
function readHandle(dirfd: number, name: Bytes): number | undefined {
  checkDirFd(dirfd);
  const flags = name === '' ? AT_EMPTY_PATH : 0;
  const done = unless(['EOPNOTSUPP', 'EOVERFLOW'], () =>
    invoke('name_to_handle_at', dirfd, name, () => {
      words[0] = MAX_HANDLE;
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
  return done === undefined ? undefined : words[0];
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
