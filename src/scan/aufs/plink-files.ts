import { close } from '../../sys/open.js';
import { PLINK_DIRECTORY } from '../../union/aufs-names.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import type { Layer } from '../../union/view-rules.js';
import type { RawPlink } from './aufs-index.js';
import type { FileAt } from './aufs-likeness.js';

/** The files of entries, to be looked into: each branch's `.wh..wh.plnk` is opened when it is first asked for. */
export class PlinkFiles {
  readonly #layers: readonly Layer[];
  readonly #directories = new Map<number, number>();

  constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  of({ branch, name, stat }: RawPlink): FileAt {
    let dirfd = this.#directories.get(branch);
    if (dirfd === undefined) {
      dirfd = openQuietly(this.#layers[branch]?.root ?? -1, PLINK_DIRECTORY);
      this.#directories.set(branch, dirfd);
    }
    return { dirfd, name, stat };
  }

  close(): void {
    for (const fd of this.#directories.values()) close(fd);
    this.#directories.clear();
  }
}
