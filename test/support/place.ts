import { setTimes } from '../../src/sys/attributes.js';
import { type Bytes, baseOf, bytesFromText, joinBytes, parentOf, toBuffer } from '../../src/sys/bytes.js';
import { AT_FDCWD } from '../../src/sys/check.js';
import { mknod } from '../../src/sys/names.js';
import { O_DIRECTORY, O_RDONLY, openBeneathAnyMount, openDirectory, withFd } from '../../src/sys/open.js';
import { unless } from '../../src/sys/sys-error.js';
import { removeXattr, setXattr } from '../../src/sys/xattr.js';

/** A tree that a test writes to: its root as ordinary text, names in it as bytes. */
export class Place {
  constructor(readonly root: string) {}

  /** The whole path, for node:fs. */
  at(path: Bytes): Buffer {
    return toBuffer(this.bytes(path));
  }

  bytes(path: Bytes): Bytes {
    return joinBytes(bytesFromText(this.root), path);
  }

  /** Nanoseconds, no symlink followed. */
  setTimes(path: Bytes, atime: bigint, mtime: bigint): void {
    setTimes(AT_FDCWD, this.bytes(path), atime, mtime);
  }

  setXattr(path: Bytes, attribute: string, value: Uint8Array): void {
    this.inParent(path, (fd, name) => setXattr(fd, name, attribute, value));
  }

  /** Does nothing where there is no such attribute. */
  removeXattr(path: Bytes, attribute: string): void {
    this.inParent(path, (fd, name) => unless(['ENODATA'], () => removeXattr(fd, name, attribute)));
  }

  mknod(path: Bytes, mode: number, dev = 0n): void {
    this.inParent(path, (fd, name) => mknod(fd, name, mode, dev));
  }

  private inParent(path: Bytes, act: (fd: number, name: Bytes) => void): void {
    withFd(openDirectory(bytesFromText(this.root)), (root) => {
      const parent = openBeneathAnyMount(root, parentOf(path), O_RDONLY | O_DIRECTORY);
      withFd(parent, (fd) => act(fd, baseOf(path)));
    });
  }
}
