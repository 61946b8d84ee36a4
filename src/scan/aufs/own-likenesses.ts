import { baseOf, parentOf } from '../../sys/bytes.js';
import { sameInode } from '../../sys/inode-id.js';
import { withFd } from '../../sys/open.js';
import { isSysError } from '../../sys/sys-error.js';
import { openLayerPath } from '../../union/open-layer-directory.js';
import type { Layer } from '../../union/view-rules.js';
import type { NameAt } from '../findings/same-data.js';
import type { RawPlink } from './aufs-index.js';
import { type FileAt, type Likeness, likeness } from './aufs-likeness.js';
import type { Namesake } from './namesake.js';
import type { PlinkFiles } from './plink-files.js';
import { type Unread, unread } from './unread.js';

interface Told {
  readonly file: Namesake;
  readonly likeness: Likeness | Unread;
}

/** How much entries look like the lower files under their names. */
export class OwnLikenesses {
  readonly #layers: readonly Layer[];
  readonly #files: PlinkFiles;
  readonly #told = new Map<RawPlink, Told>();

  constructor(layers: readonly Layer[], files: PlinkFiles) {
    this.#layers = layers;
    this.#files = files;
  }

  /**
   * Compares an entry with the lower file under the first of its names that is met, while the directories of both are
   * open: to open them once more for 50,000 entries takes longer than to read the files.
   *
   * @param own - the name, of the entry's inode
   * @param dirfd - directory of the lower file
   */
  meet(plink: RawPlink, own: NameAt, file: Namesake, dirfd: number): void {
    if (this.#told.has(plink)) return;
    const upper = { dirfd: own.dirfd, name: own.name, stat: plink.stat };
    const lower = { dirfd, name: own.name, stat: file.stat };
    this.#told.set(plink, { file, likeness: likeness(upper, lower) });
  }

  /** The likeness of an entry and the lower file that its names prove. */
  of(plink: RawPlink, origin: Namesake): Likeness | Unread {
    const told = this.#told.get(plink);
    if (told !== undefined && told.file.branch === origin.branch && sameInode(told.file, origin))
      return told.likeness;
    try {
      return lookAt(this.#layers, origin, (at) => likeness(this.#files.of(plink), at));
    } catch (error) {
      if (!isSysError(error)) throw error;
      return unread('lower', error.code, plink.stat, origin.stat);
    }
  }
}

/**
 * Opens the directory of a lower file and looks at it from there.
 *
 * @throws SysError where it is out of reach
 */
export function lookAt<T>(
  layers: readonly Layer[],
  { branch, path, stat }: Namesake,
  body: (at: FileAt) => T,
): T {
  return withFd(openLayerPath(layers[branch] as Layer, parentOf(path)), (dirfd) =>
    body({ dirfd, name: baseOf(path), stat }),
  );
}
