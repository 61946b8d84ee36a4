import { ascii } from '../../sys/bytes.js';
import { type Handle, openByHandle } from '../../sys/handle.js';
import { close, O_NOFOLLOW, O_PATH } from '../../sys/open.js';
import { isRegular, stat } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { getXattr } from '../../sys/xattr.js';
import type { EntryNames } from './entry-names.js';
import { originInName, type RawIndexEntry } from './overlay-index.js';
import type { HandleLayer, OverlayLayers } from './overlay-layers.js';

/** What the lower file systems say of an entry's origin. */
export interface OriginState {
  /** The handle's file system is one of the given lowers'. */
  readonly known: boolean;
  /**
   * Whether the inode is still there; undefined where nobody may ask. The kernel says ESTALE whatever keeps it from
   * the inode, so that false is a proof only beside a walk without one name that could not be looked at.
   */
  readonly exists: boolean | undefined;
  /** Its links, where it was opened. */
  readonly nlink: number | undefined;
  /** It is a metadata-only copy itself, of a still lower file. */
  readonly metacopy: boolean;
}

const UNKNOWN: OriginState = { known: false, exists: undefined, nlink: undefined, metacopy: false };

/** The origins of index entries: of one whose names a walk met nobody asks the file system again. */
export class Origins {
  readonly #overlay: OverlayLayers;
  readonly #asked = new Map<string, OriginState>();

  constructor(overlay: OverlayLayers) {
    this.#overlay = overlay;
  }

  /** @param found - what was met of it until now */
  of(entry: RawIndexEntry, found: EntryNames | undefined): OriginState {
    const nlink = found?.lowerNlink;
    if (nlink !== undefined && entry.metacopy === undefined) {
      return { known: true, exists: true, nlink, metacopy: false };
    }
    return this.ask(entry.name);
  }

  /** Links of the origin in its file system: 0 where its handle leads nowhere, undefined where nobody may ask. */
  linksOf(key: string): number | undefined {
    const { known, exists, nlink } = this.ask(key);
    return known && exists === false ? 0 : nlink;
  }

  /** Opens the origin that an entry's name tells by its handle. */
  ask(key: string): OriginState {
    const before = this.#asked.get(key);
    if (before !== undefined) return before;
    const state = originState(this.#overlay, key);
    this.#asked.set(key, state);
    return state;
  }
}

function originState(overlay: OverlayLayers, key: string): OriginState {
  const origin = originInName(key);
  if (origin === undefined) return UNKNOWN;
  // In a layer whose UUID nothing tells, no name can be told to be the origin's.
  const layers = overlay.lowers.filter(({ uuid }) => uuid?.equals(origin.uuid));
  if (layers.length === 0) return UNKNOWN;
  let exists: boolean | undefined = false;
  for (const layer of layers) {
    const answer = openOrigin(layer, origin.handle, overlay.prefix);
    if (typeof answer === 'object') return { known: true, exists: true, ...answer };
    if (answer === undefined) exists = undefined;
  }
  return { known: true, exists, nlink: undefined, metacopy: false };
}

/** The origin's inode; false where the handle leads to none, undefined where nobody may ask. */
function openOrigin(
  layer: HandleLayer,
  handle: Handle,
  prefix: string,
): { nlink: number; metacopy: boolean } | false | undefined {
  try {
    const fd = openByHandle(layer.root, handle, O_PATH | O_NOFOLLOW);
    try {
      const facts = stat(fd, ascii(''));
      const metacopy = isRegular(facts) && getXattr(fd, ascii(''), `${prefix}metacopy`) !== undefined;
      return { nlink: facts.nlink, metacopy };
    } finally {
      close(fd);
    }
  } catch (error) {
    if (isSysError(error, 'ESTALE', 'ENOENT')) return false;
    if (isSysError(error, 'EPERM', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS')) return undefined;
    throw error;
  }
}
