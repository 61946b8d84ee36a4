import type { Bytes } from '../sys/bytes.js';
import { sameInode } from '../sys/inode-id.js';
import { close } from '../sys/open.js';
import { type Stat, stat } from '../sys/stat.js';
import { SysError } from '../sys/sys-error.js';
import { openLongPath, openQuietly } from './open-layer-directory.js';

const SELF = '' as Bytes;
const MOST_OPEN = 16;
const ESTALE = 116;

interface Link {
  readonly name: Bytes;
  readonly stat: Stat;
  /** Undefined while it is closed to save descriptors. */
  fd: number | undefined;
}

/**
 * Directories each within the one before, from a given one down, of any number: the last few are open. One that is
 * opened again is looked for from the first, so that nothing outside of that is reached, and must be the one that it was.
 */
export class DirectoryChain {
  readonly #base: number;
  readonly #links: Link[] = [];

  /** @param base - the directory that the first one is in; it stays the caller's */
  constructor(base: number) {
    this.#base = base;
  }

  /**
   * The last directory, good until the chain changes.
   *
   * @throws SysError ESTALE where another one is in its place by now
   */
  get fd(): number {
    const last = this.#links.at(-1);
    if (last === undefined) return this.#base;
    return last.fd ?? this.#reopen();
  }

  /**
   * Goes down into a directory of the last one, and tells what it was before anything was read of it.
   *
   * @throws SysError as `openQuietly` does
   */
  enter(name: Bytes): Stat {
    const fd = openQuietly(this.fd, name);
    try {
      this.#links.push({ name, stat: stat(fd, SELF), fd });
    } catch (error) {
      close(fd);
      throw error;
    }
    this.#shut(this.#links[this.#links.length - 1 - MOST_OPEN]);
    return (this.#links.at(-1) as Link).stat;
  }

  /** Name of the last directory, and what it was when it was entered. */
  get last(): { readonly name: Bytes; readonly stat: Stat } {
    const { name, stat } = this.#links.at(-1) as Link;
    return { name, stat };
  }

  /** Goes up again. */
  leave(): void {
    this.#shut(this.#links.pop());
  }

  /** Closes all but the base. */
  close(): void {
    for (const link of this.#links.splice(0)) this.#shut(link);
  }

  #shut(link: Link | undefined): void {
    if (link?.fd === undefined) return;
    const { fd } = link;
    link.fd = undefined;
    close(fd);
  }

  /** Opens the last few anew, which are all closed. */
  #reopen(): number {
    const first = Math.max(0, this.#links.length - MOST_OPEN);
    const path = this.#links.slice(0, first + 1).map(({ name }) => name);
    let fd = openLongPath(this.#base, path.join('/') as Bytes);
    for (let at = first; ; at += 1) {
      const link = this.#links[at] as Link;
      link.fd = fd;
      if (!sameInode(stat(fd, SELF), link.stat)) throw new SysError('openat2', ESTALE, link.name);
      const next = this.#links[at + 1];
      if (next === undefined) return fd;
      fd = openQuietly(fd, next.name);
    }
  }
}
