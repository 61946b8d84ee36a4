import type { Bytes } from '../../sys/bytes.js';
import { magic } from '../../sys/filesystem.js';
import { type InodeId, sameInode } from '../../sys/inode-id.js';
import { InodeMap } from '../../sys/inode-map.js';
import { isRegular, S_IFMT, sight } from '../../sys/stat.js';
import { SysError } from '../../sys/sys-error.js';
import { getXattrText } from '../../sys/xattr.js';
import type { LayerDirectory } from '../../union/view-rules.js';
import { refuseCovered } from '../refuse-covered.js';
import type { EntryNames } from './entry-names.js';
import type { LayerDevices } from './layer-devices.js';
import { type HandleLayer, indexNameOf } from './overlay-layers.js';

const ENOENT = 2;

/** Tells which index entry a lower name belongs to. */
export class LowerOrigins {
  readonly #byKey: ReadonlyMap<string, EntryNames>;
  readonly #devices: LayerDevices;
  readonly #whiteout: string;
  /** Lower inodes that a handle has proved to be entries' origins, by branch. */
  readonly #proved = new Map<number, InodeMap<EntryNames>>();

  /**
   * @param byKey - what is known of each entry, by its name; notes what the lower file tells
   * @param whiteout - the attribute that makes an empty lower file one
   */
  constructor(byKey: ReadonlyMap<string, EntryNames>, devices: LayerDevices, whiteout: string) {
    this.#byKey = byKey;
    this.#devices = devices;
    this.#whiteout = whiteout;
  }

  /**
   * The entry that a lower name belongs to. Its handle tells; once it has, the number alone does, for no two living
   * inodes of a device share one. (tmpfs' 32-bit numbers may come round.)
   */
  entryAt(
    at: LayerDirectory,
    layer: HandleLayer,
    name: Bytes,
    inode: bigint | undefined,
  ): EntryNames | undefined {
    const id =
      inode === undefined || layer.fileSystem === magic.tmpfs
        ? undefined
        : { dev: this.#devices.of(at), ino: inode };
    const known = id === undefined ? undefined : this.#proved.get(layer.branch)?.get(id);
    if (known !== undefined) return known;
    const key = indexNameOf(layer, at.fd, name);
    const found = key === undefined ? undefined : this.#byKey.get(key);
    // Not only where no entry is found: what is mounted there may be another entry's file.
    refuseCovered(at, name, inode);
    if (found === undefined) return undefined;
    const s = sight(at.fd, name);
    if (s === undefined) throw new SysError('statx', ENOENT, name);
    found.lowerNlink = s.nlink;
    found.lowerType = s.mode & S_IFMT;
    found.whiteout =
      isRegular(s) && s.size === 0 && getXattrText(at.fd, name, this.#whiteout, 'hex') !== undefined;
    // A name may have become another file's between the listing and the look.
    if (id !== undefined && sameInode(s, id)) this.#prove(layer.branch, id, found);
    return found;
  }

  #prove(branch: number, id: InodeId, found: EntryNames): void {
    const proved = this.#proved.get(branch);
    if (proved === undefined) this.#proved.set(branch, new InodeMap<EntryNames>().set(id, found));
    else proved.set(id, found);
  }
}
