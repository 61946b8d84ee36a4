import { isBookkeeping, TEMPORARY_PREFIX } from '../scan/own-marks.js';
import type { MissingDirectory } from '../scan/result.js';
import { chmod, chown, setTimes } from '../sys/attributes.js';
import { ascii, type Bytes, baseOf, parentOf } from '../sys/bytes.js';
import { handleOf } from '../sys/handle.js';
import { mkdir, RENAME_NOREPLACE, rename, rmdir } from '../sys/names.js';
import { close, openDirectory, withFd } from '../sys/open.js';
import { randomHex } from '../sys/random-hex.js';
import { isDirectory, stat, statIfThere } from '../sys/stat.js';
import { fsync } from '../sys/sync.js';
import { isSysError, SysError } from '../sys/sys-error.js';
import { getXattr, listXattr, removeXattr } from '../sys/xattr.js';
import { ORPHAN_DIRECTORY } from '../union/aufs-names.js';
import { openLayerPath, openQuietly } from '../union/open-layer-directory.js';
import { encodeOverlayHandle } from '../union/overlay-handle.js';
import { copyFlags } from './directory-flags.js';
import { fitAttribute } from './fit-attribute.js';
import { SELF, type Site } from './site.js';
import { TouchedDirectory } from './touched-directory.js';
import { mayBeUnmapped } from './unmapped-owner.js';
import type { WaitingDirectories } from './waiting-directories.js';

const EOVERFLOW = 75;

/**
 * Makes directories of one parent in the upper branch as the kernel's copy-up would (ovl_copy_up_one,
 * ovl_set_attr): each complete under a temporary name outside the tree, so that nobody ever sees it half-made and
 * no default ACL or setgid is inherited, then moved to its place. The parent keeps its times.
 *
 * @param siblings - directories with the same parent, which is there
 * @param waiting - gets the parent: what was made is durable after its next `syncAll`
 * @param done - is told of each that is there now, with an error of each that is not: EEXIST where something else
 *   has its name; it throws to end the whole
 * @returns how many were made and not there before
 */
export function makeDirectories(
  site: Site,
  branch: number,
  siblings: readonly MissingDirectory[],
  waiting: WaitingDirectories,
  done: (missing: MissingDirectory, error: unknown) => void,
): number {
  const [first] = siblings;
  if (first === undefined) return 0;
  let parent: TouchedDirectory;
  try {
    parent = new TouchedDirectory(site, branch, parentOf(first.path));
  } catch (error) {
    for (const missing of siblings) done(missing, error);
    return 0;
  }
  waiting.add(parent);
  let count = 0;
  try {
    for (const missing of siblings) {
      try {
        if (makeDirectory(site, branch, parent.fd, missing)) count += 1;
      } catch (error) {
        done(missing, error);
        continue;
      }
      done(missing, undefined);
    }
  } finally {
    parent.settle();
  }
  return count;
}

function makeDirectory(site: Site, branch: number, parent: number, missing: MissingDirectory): boolean {
  const name = baseOf(missing.path);
  const there = statIfThere(parent, name);
  if (there !== undefined) {
    if (!isDirectory(there)) throw new SysError('mkdirat', 17, missing.path);
    return false;
  }
  const layer = site.layer(missing.model.branch);
  const model = openLayerPath(layer, missing.model.path);
  try {
    // A copy-up fails here as well (ovl_copy_up_one): the owner would be another.
    if (mayBeUnmapped(layer, stat(model, SELF))) throw new SysError('fchownat', EOVERFLOW, missing.path);
    make(site, branch, model, parent, name, missing);
  } finally {
    close(model);
  }
  return true;
}

function make(
  site: Site,
  branch: number,
  model: number,
  parent: number,
  name: Bytes,
  missing: MissingDirectory,
): void {
  const workshop = openWorkshop(site, branch);
  const temporary = `${TEMPORARY_PREFIX}${randomHex(8)}` as Bytes;
  try {
    mkdir(workshop, temporary, 0o700);
    try {
      withFd(openQuietly(workshop, temporary), (fd) => {
        dress(site, fd, model, missing);
        if (!site.inOrder(branch)) fsync(fd);
      });
      rename(workshop, temporary, parent, name, RENAME_NOREPLACE);
    } catch (error) {
      rmdir(workshop, temporary);
      throw error;
    }
  } finally {
    close(workshop);
  }
}

/** Where temporary names are no danger: the kernel clears `#` names of index and work directory, and aufs its orphans. */
export function openWorkshop(site: Site, branch: number): number {
  if (site.union.format === 'overlay') {
    if (site.hasIndex(branch)) return openQuietly(site.index(branch), SELF);
    return withFd(openDirectory(site.union.work), (work) => openQuietly(work, ascii('work')));
  }
  const { root } = site.layer(branch);
  try {
    return openQuietly(root, ORPHAN_DIRECTORY);
  } catch (error) {
    if (!isSysError(error, 'ENOENT')) throw error;
    return openQuietly(site.index(branch), SELF);
  }
}

function dress(site: Site, fd: number, model: number, { model: { branch } }: MissingDirectory): void {
  const m = stat(model, SELF);
  const own = stat(fd, SELF);
  if (own.uid !== m.uid || own.gid !== m.gid) chown(fd, SELF, m.uid, m.gid);
  const wanted = new Map<string, Buffer>();
  for (const attribute of listXattr(model, SELF)) {
    if (isBookkeeping(attribute)) continue;
    const value = getXattr(model, SELF, attribute);
    if (value !== undefined) wanted.set(attribute, value);
  }
  for (const inherited of listXattr(fd, SELF)) {
    if (inherited.startsWith('system.') && !wanted.has(inherited)) removeXattr(fd, SELF, inherited);
  }
  for (const [attribute, value] of wanted) fitAttribute(fd, SELF, attribute, value);
  if (site.prefix !== undefined) {
    const origin = originOf(site, branch, model);
    if (origin !== undefined) fitAttribute(fd, SELF, `${site.prefix}origin`, origin);
    fitAttribute(fd, SELF, `${site.prefix}impure`, Buffer.from('y'));
    copyFlags(fd, model, site.prefix);
  }
  chmod(fd, m.mode);
  setTimes(fd, SELF, m.atime, m.mtime);
}

function originOf(site: Site, branch: number, model: number): Buffer | undefined {
  const handle = handleOf(model, SELF);
  const uuid = site.handleUuid(branch);
  // The kernel writes a missing origin of a directory itself, at the first lookup.
  if (uuid === undefined || handle === undefined) return undefined;
  return encodeOverlayHandle({ upper: false, uuid, handle });
}
