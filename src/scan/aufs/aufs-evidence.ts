import { type Bytes, baseOf, parentOf } from '../../sys/bytes.js';
import { inodeKey } from '../../sys/inode-id.js';
import { close, withFd } from '../../sys/open.js';
import { S_IFMT } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { PLINK_DIRECTORY } from '../../union/aufs-names.js';
import { openLayerPath, openQuietly } from '../../union/open-layer-directory.js';
import type { Layer, Stack } from '../../union/view-rules.js';
import type { ScanOptions } from '../scan-options.js';
import type { WalkProgress } from '../walk/walk-visitor.js';
import { type Candidate, Candidates } from './aufs-candidates.js';
import { DisplacedFiles } from './aufs-displaced.js';
import type { RawPlink } from './aufs-index.js';
import { type FileAt, type Likeness, likeness } from './aufs-likeness.js';
import type { Namesake } from './aufs-names.js';
import { bearsOut, type Proof, proveOrigin, weigh } from './aufs-proof.js';
import { searchLowers } from './aufs-search.js';
import type { RemovedFile, UpperPlinkNames } from './aufs-upper-names.js';

/** What is known of where one entry comes from. */
export interface Judged {
  readonly plink: RawPlink;
  readonly proof: Proof;
  /** Lower files that it looks like, the likest first; for a person, never acted on. */
  readonly candidates: readonly Candidate[];
  /** Lower files with removed or hidden names that it may have been, if nothing is proved. */
  readonly removed: readonly RemovedFile[];
}

/**
 * Proves by names which lower file each entry is the copy of, and checks every proof against what the files hold.
 * The lower branches are searched only for entries whose own content does not bear their names out.
 */
export async function judgePlinks(
  layers: readonly Layer[],
  roots: Stack,
  plinks: readonly RawPlink[],
  names: UpperPlinkNames,
  options: ScanOptions,
  progress: WalkProgress,
): Promise<Judged[]> {
  const asked = plinks.filter(({ plink }) => plink !== undefined);
  const directories = new Map<number, number>();
  const fileOf = (plink: RawPlink): FileAt => {
    const root = layers[plink.branch]?.root ?? -1;
    const dirfd = directories.get(plink.branch) ?? openQuietly(root, PLINK_DIRECTORY);
    directories.set(plink.branch, dirfd);
    return { dirfd, name: plink.name, stat: plink.stat };
  };
  try {
    const claims = asked.map((plink) => {
      const proof = proveOrigin(plink, names.byEntry.get(plink) ?? { names: [] });
      const { origin } = proof;
      const own =
        origin === undefined ? undefined : withLower(layers, origin, (at) => likeness(fileOf(plink), at));
      const firm = origin !== undefined && own !== undefined && bearsOut(plink, origin, own);
      return { plink, proof, own, firm };
    });
    const removed = [...names.removed.values()];
    const near = new Candidates();
    if (removed.length > 0) for (const { plink } of claims) near.add(plink, fileOf(plink), true);
    for (const { file } of removed) withLower(layers, file, (at) => near.consider(file, at));
    const far = new Candidates();
    for (const { plink, proof, firm } of claims) {
      if (!firm) far.add(plink, fileOf(plink), proof.origin !== undefined);
    }
    const displaced = new DisplacedFiles(
      claims.filter(({ own, firm }) => !firm && own?.degree === 'none').map(({ plink }) => plink),
    );
    const [unseen] = far.isEmpty ? [] : await searchLowers(roots, far, displaced, options, progress);
    const hidden = await displaced.find(layers, roots, asked, options, progress);

    const taken = new Set(
      claims.flatMap(({ proof, firm }) => (firm ? [keyOf(proof.origin as Namesake)] : [])),
    );
    const known = new Set(removed.map(({ file }) => keyOf(file)));
    const lost = [...removed, ...hidden.filter(({ file }) => !known.has(keyOf(file)))];
    const free = lost.filter(({ file }) => !taken.has(keyOf(file)));
    return claims.map(({ plink, proof, own, firm }) => {
      const candidates = merge(near.of(plink), far.of(plink));
      return {
        plink,
        proof:
          proof.origin === undefined || own === undefined
            ? proof
            : weigh(
                plink,
                proof.origin,
                own,
                covering(names, plink),
                candidates,
                free,
                firm ? undefined : unseen,
              ),
        candidates,
        removed: free.filter(({ file }) => mayHaveBeen(plink, file)),
      };
    });
  } finally {
    for (const fd of directories.values()) close(fd);
  }
}

function covering(names: UpperPlinkNames, plink: RawPlink): number {
  return names.byEntry.get(plink)?.names.filter(({ namesake }) => namesake !== undefined).length ?? 0;
}

const keyOf = (file: Namesake): string => `${file.branch}/${inodeKey(file)}`;

function mayHaveBeen({ stat }: RawPlink, file: Namesake): boolean {
  return file.stat.nlink > 1 && (file.stat.mode & S_IFMT) === (stat.mode & S_IFMT);
}

function merge(near: readonly Candidate[], far: readonly Candidate[]): Candidate[] {
  const all = new Map([...near, ...far].map((each) => [keyOf(each.file), each]));
  return [...all.values()].sort((a, b) => worth(b.likeness) - worth(a.likeness));
}

function worth({ degree, share, twin }: Likeness): number {
  return (twin ? 4 : 0) + { impossible: 0, none: 0, alike: 0, whole: 1, same: 2 }[degree] + share;
}

/** Opens the directory of a lower file and looks at it from there. */
function withLower<T>(
  layers: readonly Layer[],
  { branch, path, stat }: Namesake,
  body: (at: FileAt) => T,
): T | undefined {
  try {
    const layer = layers[branch];
    if (layer === undefined) return undefined;
    const fd = openLayerPath(layer, parentOf(path));
    return withFd(fd, () => body({ dirfd: fd, name: baseOf(path) as Bytes, stat }));
  } catch (error) {
    if (isSysError(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EXDEV', 'EIO')) return undefined;
    throw error;
  }
}
