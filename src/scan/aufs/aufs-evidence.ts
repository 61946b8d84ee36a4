import { inodeKey } from '../../sys/inode-id.js';
import { S_IFMT } from '../../sys/stat.js';
import type { Layer, Stack } from '../../union/view-rules.js';
import { breather } from '../breather.js';
import type { ScanOptions } from '../scan-options.js';
import type { WalkProgress } from '../walk/walk-visitor.js';
import { Candidates } from './aufs-candidates.js';
import type { Candidate, Claim } from './aufs-case.js';
import { DisplacedFiles } from './aufs-displaced.js';
import type { RawPlink } from './aufs-index.js';
import type { Likeness } from './aufs-likeness.js';
import { bearsOut, type Proof, proveOrigin, weigh } from './aufs-proof.js';
import { considerByPath, searchLowers } from './aufs-search.js';
import type { RemovedFile, UpperName, UpperPlinkNames } from './aufs-upper-names.js';
import type { Namesake } from './namesake.js';
import type { PlinkFiles } from './plink-files.js';
import type { Unread } from './unread.js';

/** What is known of where one entry comes from. */
export interface Judged {
  readonly plink: RawPlink;
  /** Names of its branch that are its inode. */
  readonly names: readonly UpperName[];
  readonly proof: Proof;
  /** Lower files that it looks like, the likest first; for a person, never acted on. */
  readonly candidates: readonly Candidate[];
  /** Lower files with removed or hidden names, that no entry is surely the copy of; the same for all. */
  readonly free: readonly RemovedFile[];
}

/** Lower files with removed or hidden names that an entry may have been, if nothing is proved. */
export function removedFor({ plink, free }: Judged): RemovedFile[] {
  return free.filter(({ file }) => mayHaveBeen(plink, file));
}

/**
 * Proves by names which lower file each entry is the copy of, and checks every proof against what the files hold.
 * The lower branches are searched only for entries whose own content does not bear their names out.
 */
export async function judgePlinks(
  layers: readonly Layer[],
  roots: Stack,
  plinks: readonly RawPlink[],
  upper: UpperPlinkNames,
  files: PlinkFiles,
  options: ScanOptions,
  progress: WalkProgress,
): Promise<Judged[]> {
  const asked = plinks.filter(({ plink }) => plink !== undefined);
  const claims = asked.map((plink) => {
    const names = upper.of(plink);
    const proof = proveOrigin(plink, names);
    const { origin } = proof;
    const own = origin === undefined ? undefined : upper.likenesses.of(plink, origin);
    const claim = origin === undefined ? undefined : claimOf(plink, origin, own);
    return { plink, names, proof, own, claim, firm: claim?.firm === true };
  });
  const { removed } = upper;
  const breathe = breather(options.signal, () => options.onProgress?.(progress));
  const near = new Candidates();
  if (removed.length > 0) {
    for (const { plink, claim } of claims) {
      await breathe();
      near.add(plink, files.of(plink), true, claim);
    }
  }
  for (const { file } of removed) {
    await breathe();
    considerByPath(layers, near, file);
  }
  const far = new Candidates();
  for (const { plink, proof, claim, firm } of claims) {
    await breathe();
    if (!firm) far.add(plink, files.of(plink), proof.origin !== undefined, claim);
  }
  const displaced = new DisplacedFiles(
    claims.filter(({ own, firm }) => !firm && own?.degree === 'none').map(({ plink }) => plink),
  );
  const [unseenRemoved] = upper.unseenRemoved;
  const [unseen] = far.isEmpty ? [] : await searchLowers(layers, roots, far, displaced, options, progress);
  const hidden = await displaced.find(layers, roots, asked, options, progress);

  const known = new Set(removed.map(({ file }) => keyOf(file)));
  const lost = [...removed, ...hidden.filter(({ file }) => !known.has(keyOf(file)))];
  const taken = new Set(
    lost.length === 0
      ? []
      : claims.flatMap(({ proof, firm }) => (firm ? [keyOf(proof.origin as Namesake)] : [])),
  );
  const free = lost.filter(({ file }) => !taken.has(keyOf(file)));
  return claims.map(({ plink, names, proof, own, firm }) => {
    const candidates = merge(near.of(plink), far.of(plink));
    return {
      plink,
      names,
      proof:
        proof.origin === undefined || own === undefined
          ? proof
          : weigh(plink, proof.origin, {
              own,
              covering: covering(names),
              others: candidates,
              removed: free,
              unread: [...near.unreadOf(plink), ...far.unreadOf(plink)],
              blind: near.blindOf(plink) ?? far.blindOf(plink),
              beyond: near.beyondOf(plink) ?? far.beyondOf(plink),
              unseen: firm ? undefined : unseen,
              unseenRemoved,
            }),
      candidates,
      free,
    };
  });
}

function claimOf(plink: RawPlink, origin: Namesake, own: Likeness | Unread | undefined): Claim | undefined {
  if (own === undefined || own.degree === 'unread') return undefined;
  return { origin, own, firm: bearsOut(plink, origin, own) };
}

function covering(names: readonly UpperName[]): number {
  let count = 0;
  for (const { namesake } of names) if (namesake !== undefined) count += 1;
  return count;
}

const keyOf = (file: Namesake): string => `${file.branch}/${inodeKey(file)}`;

function mayHaveBeen({ stat }: RawPlink, file: Namesake): boolean {
  return file.stat.nlink > 1 && (file.stat.mode & S_IFMT) === (stat.mode & S_IFMT);
}

function merge(near: readonly Candidate[], far: readonly Candidate[]): readonly Candidate[] {
  if (near.length + far.length === 0) return near;
  const all = new Map([...near, ...far].map((each) => [keyOf(each.file), each]));
  return [...all.values()].sort((a, b) => worth(b.likeness) - worth(a.likeness));
}

function worth({ degree, share, twin }: Likeness): number {
  return (twin ? 4 : 0) + { impossible: 0, none: 0, alike: 0, whole: 1, same: 2 }[degree] + share;
}
