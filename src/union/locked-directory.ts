import type { Bytes } from '../sys/bytes.js';
import { isLocked } from '../sys/encryption.js';
import { close } from '../sys/open.js';
import { ENOKEY, SysError } from '../sys/sys-error.js';
import type { Layer } from './view-rules.js';

/** A directory of a layer is encrypted and its key is not there: what the kernel lists then are not its names. */
export class LockedDirectory extends SysError {
  /** Of the layer. */
  readonly branch: number;

  constructor({ branch }: Layer, path: Bytes) {
    super('openat2', ENOKEY, path);
    this.branch = branch;
  }
}

/**
 * The descriptor of a directory of a layer, if it is not locked; closed if it is.
 *
 * @throws LockedDirectory
 */
export function notLocked(layer: Layer, fd: number, path: Bytes): number {
  if (layer.encrypts !== true || !isLocked(fd)) return fd;
  close(fd);
  throw new LockedDirectory(layer, path);
}
