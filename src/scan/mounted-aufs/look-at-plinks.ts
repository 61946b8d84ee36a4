import { type Bytes, baseOf, parentOf } from '../../sys/bytes.js';
import { sameInode } from '../../sys/inode-id.js';
import { readLink } from '../../sys/names.js';
import { withFd } from '../../sys/open.js';
import { isSymlink, type Stat } from '../../sys/stat.js';
import { isSysError, unless } from '../../sys/sys-error.js';
import { PLINK_DIRECTORY } from '../../union/aufs-names.js';
import type { OpenDirectories } from '../../union/open-directories.js';
import { openLongPath } from '../../union/open-layer-directory.js';
import type { Layer } from '../../union/view-rules.js';
import type { RawPlink } from '../aufs/aufs-index.js';
import { statPath } from '../stat-path.js';
import type { Shown } from '../walk/mount-walk.js';
import { judgeMounted, type MountedEntry, type ShownName } from './mounted-aufs-entry.js';

/** A mounted aufs, its mount and its branches open. */
export interface MountedRoots {
  /** The mount's root directory. */
  readonly mount: number;
  readonly layers: readonly Layer[];
  /** Set while nobody else can rename anything. */
  readonly directories?: OpenDirectories | undefined;
}

// Somebody may write to the file between the two looks at it.
const LOOKS = 3;

/** Looks at one pseudo-link and at the names that a walk found for its number. Links nothing. */
export function lookAtPlink(roots: MountedRoots, plink: RawPlink, shown: Shown): MountedEntry {
  let found = lookOnce(roots, plink, shown);
  for (let looks = 1; looks < LOOKS && found.entry.state === 'ambiguous'; looks += 1) {
    const layer = roots.layers[plink.branch];
    const now = layer && statPath(layer.root, `${PLINK_DIRECTORY}/${plink.name}` as Bytes);
    if (now === undefined) break;
    found = lookOnce(roots, { ...plink, stat: now }, shown);
  }
  return found;
}

function lookOnce(roots: MountedRoots, plink: RawPlink, { paths, blind }: Shown): MountedEntry {
  const number = plink.plink?.unionInode;
  const names: ShownName[] = [];
  for (const path of number === undefined ? [] : (paths.get(number) ?? [])) {
    const facts = statPath(roots.mount, path, roots.directories);
    if (facts?.ino === number && facts !== undefined) names.push(shownName(roots, plink, path, facts));
  }
  names.sort((a, b) => (a.path < b.path ? -1 : 1));
  // One name that is the entry proves the others; reading a symlink would move its access time.
  const proved = names.some(({ is }) => is === 'entry') || !isSymlink(plink.stat);
  return judgeMounted({
    plink,
    blind,
    names: proved ? names : names.map((name) => ({ ...name, sameTarget: sameTarget(roots, plink, name) })),
  });
}

function shownName(
  { layers, directories }: MountedRoots,
  plink: RawPlink,
  path: Bytes,
  shown: Stat,
): ShownName {
  const found = (is: ShownName['is'], branch: number, lower?: Stat): ShownName => ({
    path,
    shown,
    is,
    at: { branch, path },
    lower,
    sameTarget: true,
  });
  for (const { branch, root } of layers) {
    let there: Stat | undefined;
    try {
      there = statPath(root, path, directories);
    } catch (error) {
      if (!isSysError(error)) throw error;
      return found('unknown', branch);
    }
    if (there === undefined) continue;
    if (branch > plink.branch) return found('lower', branch, there);
    return found(branch === plink.branch && sameInode(there, plink.stat) ? 'entry' : 'other', branch);
  }
  return found('unknown', plink.branch);
}

function sameTarget(
  { mount, layers }: MountedRoots,
  { branch, name }: RawPlink,
  { path }: ShownName,
): boolean {
  const layer = layers[branch];
  if (layer === undefined) return false;
  const target = targetOf(mount, parentOf(path), baseOf(path));
  return target !== undefined && target === targetOf(layer.root, PLINK_DIRECTORY, name);
}

function targetOf(root: number, directory: Bytes, name: Bytes): Bytes | undefined {
  return unless(['EINVAL', 'ENOENT', 'ENOTDIR'], () =>
    withFd(openLongPath(root, directory), (fd) => readLink(fd, name)),
  );
}
