import { Problem } from '../../problem.js';
import { ascii, joinBytes } from '../../sys/bytes.js';
import { fileSystemOf, fileSystemUuid } from '../../sys/filesystem.js';
import { handleOf, handleTextOf } from '../../sys/handle.js';
import { close, openDirectory } from '../../sys/open.js';
import { statIfThere } from '../../sys/stat.js';
import { isSysError, SysError, unless } from '../../sys/sys-error.js';
import { branchDirectory } from '../../union/branch-directory.js';
import { directoryInodesAreTrue } from '../../union/handle-inode.js';
import { type LayerTraps, layerTraps } from '../../union/layer-traps.js';
import { openQuietly } from '../../union/open-layer-directory.js';
import { indexName, type OverlayHandle, sameHandle } from '../../union/overlay-handle.js';
import { refuseUnreadableMarks } from '../../union/refuse-unreadable-marks.js';
import type { OverlayUnion } from '../../union/union.js';
import type { Layer } from '../../union/view-rules.js';
import { type OpenLayers, openLayers } from '../open-layers.js';
import type { Blocked } from '../result.js';
import { handleUuids, ZERO_UUID } from './handle-uuids.js';
import { handleXattr } from './handle-xattr.js';
import { INDEX } from './overlay-index.js';
import { uuidConflict } from './uuid-conflict.js';

/** A lower layer with what its file handles need. */
export interface HandleLayer extends Layer {
  /**
   * UUID in the handles of this layer; undefined where nothing tells it, or nothing tells it from another's. No index
   * has a file of a data-only one.
   */
  readonly uuid: Buffer | undefined;
  /** The same in hex. */
  readonly uuidText: string | undefined;
  /** statfs `f_type`. */
  readonly fileSystem: bigint;
  /** Whether `d_ino` is the inode's number. */
  readonly trueInodes: boolean;
}

/** An overlay's branches, open, with the checks that the kernel makes of the whole. */
export interface OverlayLayers {
  readonly layers: OpenLayers;
  readonly upper: HandleLayer;
  /** Searched lowers, top first, then data-only ones. */
  readonly lowers: readonly HandleLayer[];
  /** Descriptor of `work/index`; undefined where the overlay never had an index. */
  readonly index: number | undefined;
  /** Descriptor of the work directory. */
  readonly work: number;
  readonly prefix: string;
  readonly traps: LayerTraps | undefined;
  readonly blocked: Blocked | undefined;
  close(): void;
}

/** The prefix of the overlay's attributes. */
export function xattrPrefix(union: OverlayUnion): string {
  return union.options.userxattr ? 'user.overlay.' : 'trusted.overlay.';
}

/**
 * Opens an overlay's branches and its index, and asks what the kernel asks at a mount with `index=on`
 * (ovl_get_indexdir in fs/overlayfs/super.c): do UUIDs tell the lowers' file systems apart, does the top lower carry
 * the handle that the upper remembers, and the upper the one that the index remembers.
 *
 * @throws Problem operational where a directory cannot be opened
 */
export function openOverlayLayers(union: OverlayUnion): OverlayLayers {
  refuseUnreadableMarks(union);
  const layers = openLayers(union);
  const opened: number[] = [];
  const closeAll = (): void => {
    for (const fd of opened.splice(0)) close(fd);
    layers.close();
  };
  try {
    const prefix = xattrPrefix(union);
    const work = openWork(union, opened);
    const index = openIndex(union, work, opened);
    const [upperLayer, ...lowerLayers] = layers.all as readonly [Layer, ...Layer[]];
    const upper = describe(upperLayer, fileSystemUuid(upperLayer.root));
    const rootOrigin = handleXattr(upper.root, `${prefix}origin`);
    const searched = lowerLayers.filter(({ role }) => role === 'lower');
    const roots = searched.map(({ root }) => root);
    const { uuids, shared } = handleUuids(roots, rootOrigin, union.options.uuidOff);
    // Data-only ones come last.
    const lowers = lowerLayers.map((layer, i) => describe(layer, uuids[i]));
    const [top] = lowers;
    const blocked =
      uuidConflict(union, upper.root, index, searched, shared) ??
      volatileMark(union, work) ??
      (index === undefined || top === undefined
        ? undefined
        : (lowerMismatch(union, upper, top, rootOrigin) ?? upperMoved(union, upper, index, prefix)));
    const own = [branchDirectory(upper.path, 'the upper'), branchDirectory(union.work, 'the work directory')];
    const traps = layerTraps(searched, own);
    return { layers, upper, lowers, index, work, prefix, traps, blocked, close: closeAll };
  } catch (error) {
    closeAll();
    throw error;
  }
}

function describe(layer: Layer, uuid: Buffer | undefined): HandleLayer {
  const { type } = fileSystemOf(layer.root);
  return {
    ...layer,
    fileSystem: type,
    trueInodes: directoryInodesAreTrue(type),
    uuid,
    uuidText: uuid?.toString('hex'),
  };
}

function openWork(union: OverlayUnion, opened: number[]): number {
  try {
    const fd = openDirectory(union.work);
    opened.push(fd);
    return fd;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new Problem('operational', 'work', `cannot open the work directory: ${error.meaning}`, {
      path: union.work,
      cause: error,
    });
  }
}

function openIndex(union: OverlayUnion, work: number, opened: number[]): number | undefined {
  try {
    const fd = openQuietly(work, INDEX);
    opened.push(fd);
    return fd;
  } catch (error) {
    if (isSysError(error, 'ENOENT')) return undefined;
    if (!(error instanceof SysError)) throw error;
    throw new Problem('operational', 'index', `cannot read the index: ${error.meaning}`, {
      path: joinBytes(union.work, INDEX),
      cause: error,
      hint:
        error.code === 'EACCES' ? "an overlay's index can be read by root alone: run it as root" : undefined,
    });
  }
}

function volatileMark(union: OverlayUnion, work: number): Blocked | undefined {
  const mark = unless(['ENOTDIR', 'EACCES'], () => statIfThere(work, ascii('work/incompat')));
  if (mark === undefined && !union.options.volatile) return undefined;
  return {
    code: 'volatile',
    message: 'the overlay is or was mounted volatile: its upper may be torn after a crash',
    remedy: `if the machine did not crash since, remove ${union.work}/work/incompat; otherwise make the upper anew`,
  };
}

function lowerMismatch(
  union: OverlayUnion,
  upper: HandleLayer,
  top: HandleLayer,
  rootOrigin: OverlayHandle | undefined,
): Blocked | undefined {
  const handle = handleOf(top.root, ascii(''));
  if (rootOrigin === undefined) {
    return {
      code: 'no-origin',
      message: `the upper does not say which lower it belongs to (no ${xattrPrefix(union)}origin on its root)`,
      remedy: otherMarks(union, upper) ?? 'if the upper was copied, copy it with its xattrs',
    };
  }
  const uuidFits = top.uuid === undefined || top.uuid.equals(rootOrigin.uuid);
  if (handle !== undefined && uuidFits && sameHandle(rootOrigin.handle, handle)) return undefined;
  // The kernel keeps no index over a lower without handles, and has read the one that is there from another.
  const consequence =
    handle === undefined
      ? 'its file system has no file handles, and a mount keeps no index'
      : 'a mount with index=on fails with ESTALE';
  return {
    code: 'lower-mismatch',
    message: `the top lower is not the one this upper was made on: ${consequence}`,
    remedy: 'give the lower that the union was mounted with; a copy of it is another directory to the kernel',
  };
}

/** What to do where the upper carries the marks of the other kind. */
function otherMarks({ options }: OverlayUnion, { root }: HandleLayer): string | undefined {
  const other = options.userxattr ? 'trusted.overlay.' : 'user.overlay.';
  if (handleXattr(root, `${other}origin`) === undefined) return undefined;
  return `its marks are ${other}*: name the union ${options.userxattr ? 'without' : 'with'} -o userxattr`;
}

function upperMoved(
  union: OverlayUnion,
  upper: HandleLayer,
  index: number,
  prefix: string,
): Blocked | undefined {
  const handle = handleOf(upper.root, ascii(''));
  if (handle === undefined) return undefined;
  const uuid = upper.uuid;
  for (const attribute of ['upper', 'origin']) {
    const recorded = handleXattr(index, `${prefix}${attribute}`);
    if (recorded === undefined) continue;
    const zero = recorded.uuid.equals(ZERO_UUID);
    const uuidFits = uuid === undefined || zero || recorded.uuid.equals(uuid);
    if (uuidFits && sameHandle(recorded.handle, handle)) continue;
    return {
      code: 'upper-moved',
      message: 'the index belongs to another upper: a mount with index=on fails with ESTALE',
      remedy: `give the upper and the work directory that belong together; if both were copied, with their hardlinks, remove the xattr ${prefix}${attribute} of ${union.work}/index`,
    };
  }
  return undefined;
}

/** The name that the index gives a lower file: the hex of its handle; undefined where it has none. */
export function indexNameOf(
  layer: HandleLayer,
  dirfd: number,
  name: ReturnType<typeof ascii>,
): string | undefined {
  const handle = handleTextOf(dirfd, name);
  if (handle === undefined || layer.uuidText === undefined) return undefined;
  return indexName(layer.uuidText, handle.type, handle.fid);
}
