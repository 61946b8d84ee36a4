import type { Bytes } from '../sys/bytes.js';
import { close } from '../sys/open.js';
import { openLongPath } from './open-layer-directory.js';

const LIMIT = 256;

/**
 * Directories kept open for as long as nobody can rename one: in the maintenance mode of a mounted aufs, where
 * opening each anew for every name takes most of the time.
 */
export class OpenDirectories {
  readonly #fds = new Map<string, number>();

  /**
   * The directory at a path below `root`; it stays this object's.
   *
   * @throws SysError as {@link openLongPath} does
   */
  open(root: number, path: Bytes): number {
    if (path === '') return root;
    const key = `${root}/${path}`;
    const known = this.#fds.get(key);
    if (known !== undefined) return known;
    const fd = openLongPath(root, path);
    if (this.#fds.size >= LIMIT) this.close();
    this.#fds.set(key, fd);
    return fd;
  }

  close(): void {
    for (const fd of this.#fds.values()) close(fd);
    this.#fds.clear();
  }
}
