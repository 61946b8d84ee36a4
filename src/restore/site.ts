import { Problem } from '../problem.js';
import { type OpenLayers, openLayers } from '../scan/open-layers.js';
import { handleUuids } from '../scan/overlay/handle-uuids.js';
import { handleXattr } from '../scan/overlay/handle-xattr.js';
import { INDEX } from '../scan/overlay/overlay-index.js';
import { ascii, type Bytes, joinBytes } from '../sys/bytes.js';
import { close, openDirectory, withFd } from '../sys/open.js';
import { statIfThere } from '../sys/stat.js';
import { isSysError, SysError } from '../sys/sys-error.js';
import { PLINK_DIRECTORY } from '../union/aufs-names.js';
import { openQuietly } from '../union/open-layer-directory.js';
import type { Union } from '../union/union.js';
import type { Layer } from '../union/view-rules.js';
import { keepsOrder } from './keeps-order.js';

/** The directories that a run works in, open. */
export interface Site {
  readonly union: Union;
  readonly layers: OpenLayers;
  /** Prefix of the overlay's attributes; undefined on aufs. */
  readonly prefix: string | undefined;
  /** Names of the two attributes that an index entry's inode carries; undefined on aufs. */
  readonly marks: { readonly origin: string; readonly nlink: string } | undefined;
  layer(branch: number): Layer;
  /**
   * Whether the branch's file system {@link keepsOrder}.
   */
  inOrder(branch: number): boolean;
  /** The index directory of an upper branch. */
  index(branch: number): number;
  /** Whether there is one: an overlay that was always mounted with `index=off` has none. */
  hasIndex(branch: number): boolean;
  /**
   * When the union was mounted last, as the birth of `work/work` tells, which the kernel makes anew each time
   * (ovl_workdir_create). Nanoseconds since 1970; 0 where nothing tells, as on aufs.
   */
  mountedAt(): bigint;
  /** The UUID in an overlay's handles of files in a lower branch; undefined where nothing tells it. */
  handleUuid(branch: number): Buffer | undefined;
  close(): void;
}

/** Opens the branches and index directories of a union for writing. */
export function openSite(union: Union): Site {
  const layers = openLayers(union);
  const indexes = new Map<number, number>();
  const closeAll = (): void => {
    for (const fd of indexes.values()) close(fd);
    indexes.clear();
    layers.close();
  };
  const ordered = new Set<number>();
  try {
    for (const layer of layers.all) {
      if (layer.role !== 'upper') continue;
      if (keepsOrder(layer.root)) ordered.add(layer.branch);
      const fd = openIndex(union, layer);
      if (fd !== undefined) indexes.set(layer.branch, fd);
    }
  } catch (error) {
    closeAll();
    throw error;
  }
  const prefix =
    union.format === 'aufs' ? undefined : union.options.userxattr ? 'user.overlay.' : 'trusted.overlay.';
  let mountedAt: bigint | undefined;
  let uuids: ReadonlyMap<number, Buffer | undefined> | undefined;
  return {
    union,
    layers,
    prefix,
    marks: prefix === undefined ? undefined : { origin: `${prefix}origin`, nlink: `${prefix}nlink` },
    inOrder: (branch) => ordered.has(branch),
    layer: (branch) => required(layers.all[branch], 'branch'),
    index: (branch) => required(indexes.get(branch), 'index'),
    hasIndex: (branch) => indexes.has(branch),
    mountedAt() {
      mountedAt ??= union.format === 'aufs' ? 0n : birthOfWork(union.work);
      return mountedAt;
    },
    handleUuid(branch) {
      uuids ??= uuidsOf(union, layers, prefix);
      return uuids.get(branch);
    },
    close: closeAll,
  };
}

function birthOfWork(work: Bytes): bigint {
  return withFd(openDirectory(work), (fd) => statIfThere(fd, ascii('work'))?.btime ?? 0n);
}

/** By branch. */
function uuidsOf(
  union: Union,
  { all }: OpenLayers,
  prefix: string | undefined,
): ReadonlyMap<number, Buffer | undefined> {
  const [upper] = all;
  const lowers = all.filter(({ role }) => role === 'lower');
  if (union.format === 'aufs' || upper === undefined) return new Map();
  const { uuids } = handleUuids(
    lowers.map(({ root }) => root),
    handleXattr(upper.root, `${prefix}origin`),
    union.options.uuidOff,
  );
  return new Map(lowers.map(({ branch }, i) => [branch, uuids[i]]));
}

function openIndex(union: Union, layer: Layer): number | undefined {
  const path =
    union.format === 'aufs' ? joinBytes(layer.path, PLINK_DIRECTORY) : joinBytes(union.work, INDEX);
  try {
    if (union.format === 'aufs') return openQuietly(layer.root, PLINK_DIRECTORY);
    const work = openDirectory(union.work);
    try {
      return openQuietly(work, INDEX);
    } finally {
      close(work);
    }
  } catch (error) {
    if (isSysError(error, 'ENOENT')) return undefined;
    if (!(error instanceof SysError)) throw error;
    throw new Problem('operational', 'index', `cannot open the index: ${error.meaning}`, {
      path,
      cause: error,
    });
  }
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the plan names a ${what} that is not there`);
  return value;
}

/** The name of a descriptor itself. */
export const SELF: Bytes = ascii('');
