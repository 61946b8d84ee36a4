import type { Bytes } from '../../sys/bytes.js';
import { type Handle, openByHandle } from '../../sys/handle.js';
import { close, O_NOFOLLOW, O_PATH } from '../../sys/open.js';
import { type Facts, S_IFMT, type Stat, stat } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { PLINK_DIRECTORY } from '../../union/aufs-names.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import type { Layer } from '../../union/view-rules.js';
import {
  branchId,
  entryFinder,
  fileId,
  type RecordedEntry,
  type RecordedOrigin,
  type UnionRecord,
} from '../recorded.js';
import { statPath } from '../stat-path.js';
import type { RawPlink } from './aufs-index.js';
import type { Namesake } from './namesake.js';

/** What a record says of an entry, checked against the disk. */
export type Testimony =
  | { readonly says: 'nothing' }
  | { readonly says: 'origin'; readonly origin: Namesake; readonly entry: RecordedEntry }
  /** The names it had, where no lower file can be had for them. */
  | { readonly says: 'names'; readonly entry: RecordedEntry }
  | { readonly says: 'contradiction'; readonly reason: string };

/** What a union's record says of each pseudo-link, asked once. */
export class Testimonies {
  readonly #find: ReturnType<typeof entryFinder>;
  readonly #layers: readonly Layer[];
  readonly #lowers: ReadonlyMap<string, Layer>;
  readonly #heard = new Map<RawPlink, Testimony>();

  constructor(record: UnionRecord, layers: readonly Layer[]) {
    this.#find = entryFinder(record);
    this.#layers = layers;
    this.#lowers = new Map(
      layers.filter(({ role }) => role !== 'upper').map((layer) => [branchId(layer.root) ?? '', layer]),
    );
  }

  /** The given lower branch that a recorded file is in. */
  layerOf({ branch }: RecordedOrigin): Layer | undefined {
    return this.#lowers.get(branch);
  }

  on(plink: RawPlink): Testimony {
    const known = this.#heard.get(plink);
    if (known !== undefined) return known;
    const testimony = this.#ask(plink);
    this.#heard.set(plink, testimony);
    return testimony;
  }

  #ask(plink: RawPlink): Testimony {
    const entry = this.#find(plink.branch, plink.name);
    const layer = this.#layers[plink.branch];
    if (entry === undefined || layer === undefined || !isStill(entry, plink, layer))
      return { says: 'nothing' };
    if (entry.origin === undefined) {
      return { says: 'names', entry };
    }
    const lower = this.layerOf(entry.origin);
    if (lower === undefined) {
      const reason = 'the record says it is the copy of a file of another lower branch than those given';
      return { says: 'contradiction', reason };
    }
    const found = findOrigin(lower, entry.origin);
    if (found === 'unknown') return { says: 'nothing' };
    if (found === 'gone') return { says: 'names', entry };
    const changed = howChanged(entry.origin, found.stat, plink.stat);
    return changed === undefined
      ? { says: 'origin', origin: found, entry }
      : {
          says: 'contradiction',
          reason: `the record says it is the copy of the lower /${found.path}, ${changed}`,
        };
  }
}

/** Whether an entry is the very inode that was recorded under its name, of the same type. */
function isStill(entry: RecordedEntry, plink: RawPlink, { root }: Layer): boolean {
  if ((entry.mode & S_IFMT) !== (plink.stat.mode & S_IFMT)) return false;
  const fd = openQuietly(root, PLINK_DIRECTORY);
  try {
    return fileId(fd, plink.name) === entry.file;
  } finally {
    close(fd);
  }
}

function findOrigin(layer: Layer, origin: RecordedOrigin): Namesake | 'gone' | 'unknown' {
  const { branch, root } = layer;
  for (const path of origin.paths) {
    const s = statPath(root, path);
    if (s !== undefined && idAt(root, path) === origin.file) {
      return { branch, path, dev: s.dev, ino: s.ino, stat: s };
    }
  }
  const [path = '' as Bytes] = origin.paths;
  try {
    const fd = openByHandle(root, handleOfId(origin.file), O_PATH | O_NOFOLLOW);
    try {
      const s = stat(fd, '' as Bytes);
      return { branch, path, dev: s.dev, ino: s.ino, stat: s };
    } finally {
      close(fd);
    }
  } catch (error) {
    if (isSysError(error, 'ESTALE', 'ENOENT')) return 'gone';
    // Without the right to open by handle nobody knows whether the file is gone or only renamed.
    if (isSysError(error, 'EPERM', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS')) return 'unknown';
    throw error;
  }
}

function idAt(root: number, path: Bytes): string | undefined {
  const slash = path.lastIndexOf('/');
  const fd = openQuietly(root, (slash < 0 ? '' : path.slice(0, slash)) as Bytes);
  try {
    return fileId(fd, path.slice(slash + 1) as Bytes);
  } finally {
    close(fd);
  }
}

function handleOfId(id: string): Handle {
  const [type = '', fid = ''] = id.split('.');
  return { type: Number.parseInt(type, 16), fid: Buffer.from(fid, 'hex') };
}

// In place and later somebody may have written to the lower file; an older time, or any change where numbers are
// given out anew without a generation, makes it another file than was recorded.
function howChanged(origin: RecordedOrigin, now: Facts, entry: Stat): string | undefined {
  if ((now.mode & S_IFMT) !== (origin.mode & S_IFMT)) return 'which is of another type now';
  if ((now.mode & S_IFMT) !== (entry.mode & S_IFMT)) return 'which is of another type';
  const same =
    now.mtime === origin.mtime &&
    now.size === origin.size &&
    now.mode === origin.mode &&
    now.uid === origin.uid &&
    now.gid === origin.gid;
  if (same || (!origin.unversioned && now.mtime >= origin.mtime)) return undefined;
  return 'which was changed since';
}
