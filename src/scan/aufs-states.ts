import type { Bytes } from '../sys/bytes.js';
import { inodeKey } from '../sys/inode-id.js';
import { S_IFMT } from '../sys/stat.js';
import type { RawPlink } from './aufs-index.js';
import type { LowerNames, Namesake, PlinkNames } from './aufs-names.js';
import { entryInode, fileKind } from './file-kind.js';
import type { AufsEntryFacts, EntryState, IndexEntry, MissingName, Unreadable } from './result.js';

/** The lower file that an entry's upper names prove, or why they prove none. */
export type Proof =
  | { readonly origin: Namesake }
  | { readonly origin: undefined; readonly reason: string; readonly evidence: readonly string[] };

/**
 * Which lower file an entry is the copy of. The number in its name was handed out by one mount and says nothing
 * after it; what proves is that the upper names of its inode cover names of one lower inode.
 */
export function proveOrigin(plink: RawPlink, upper: PlinkNames): Proof {
  if (upper.names.length === 0) {
    return {
      origin: undefined,
      reason: 'no name of the branch is its inode: nothing proves which names it stands for',
      evidence: [],
    };
  }
  const namesakes = upper.names.flatMap(({ namesake }) => (namesake === undefined ? [] : [namesake]));
  const distinct = new Map(namesakes.map((each) => [`${each.branch}/${inodeKey(each)}`, each]));
  const [origin, ...others] = distinct.values();
  if (origin === undefined) {
    return {
      origin: undefined,
      reason: 'its names exist in no lower branch: nothing proves which other names it stands for',
      evidence: upper.names.map(({ path }) => `upper name: /${path}`),
    };
  }
  if (others.length > 0) {
    return {
      origin: undefined,
      reason: 'its names cover two different lower files: one of them was renamed or replaced',
      evidence: upper.names.map(({ path, namesake }) =>
        namesake === undefined
          ? `/${path}: no lower file`
          : `/${path}: lower inode ${namesake.ino} (branch ${namesake.branch})`,
      ),
    };
  }
  if ((origin.stat.mode & S_IFMT) !== (plink.stat.mode & S_IFMT)) {
    return {
      origin: undefined,
      reason: 'the lower file under its name is of another type: the name was taken by another file',
      evidence: upper.names.map(({ path }) => `upper name: /${path}`),
    };
  }
  return { origin };
}

/** All that is known of one pseudo-link. */
export interface PlinkFacts {
  readonly upper: PlinkNames;
  readonly proof: Proof;
  /** Names of the proved lower file. */
  readonly lower: LowerNames | undefined;
  readonly unreadable: readonly Unreadable[];
  /** Another entry claims the same inode or the same lower file. */
  readonly rival: Bytes | undefined;
}

/** Decides the state of one name of `.wh..wh.plnk`. Pure. */
export function classifyPlink(plink: RawPlink, facts: PlinkFacts): IndexEntry {
  const { state, reason, evidence = [] } = judge(plink, facts);
  const names = facts.upper.names.map(({ path }) => path).sort();
  const missing: MissingName[] =
    state === 'restorable'
      ? [...(facts.lower?.visible ?? [])].sort((a, b) => (a.path < b.path ? -1 : 1))
      : [];
  return {
    name: plink.name,
    branch: plink.branch,
    kind: fileKind(plink.stat.mode),
    state,
    // Any later mount forgets the entry, and the classic flush in that mount deletes it unseen.
    atRisk: names.length === 0 && state === 'ambiguous',
    inode: entryInode(plink.stat),
    names,
    missing,
    reason,
    evidence,
    overlay: undefined,
    aufs: aufsFacts(plink, facts),
  };
}

function aufsFacts(plink: RawPlink, { proof, lower }: PlinkFacts): AufsEntryFacts | undefined {
  if (plink.plink === undefined) return undefined;
  const { origin } = proof;
  return {
    ...plink.plink,
    origin:
      origin === undefined
        ? undefined
        : {
            dev: origin.dev,
            ino: origin.ino,
            branch: origin.branch,
            nlink: lower?.nlink ?? origin.stat.nlink,
          },
  };
}

function judge(
  plink: RawPlink,
  { upper, proof, lower, unreadable, rival }: PlinkFacts,
): { state: EntryState; reason?: string | undefined; evidence?: readonly string[] } {
  if (plink.plink === undefined) return { state: 'junk', reason: 'not a name that aufs gives a pseudo-link' };
  if (plink.plink.branchInode !== plink.stat.ino) {
    return {
      state: 'damaged',
      reason: `its name tells inode ${plink.plink.branchInode}, but it is inode ${plink.stat.ino}: the branch was copied`,
    };
  }
  if (rival !== undefined) return { state: 'ambiguous', reason: `entry ${rival} claims the same file` };
  if (proof.origin === undefined)
    return { state: 'ambiguous', reason: proof.reason, evidence: proof.evidence };
  const upperSeen = plink.stat.nlink === 1 + upper.names.length;
  const lowerSeen = lower !== undefined && lower.seen >= lower.nlink;
  if (unreadable.length > 0 && !(upperSeen && lowerSeen)) {
    const [first] = unreadable;
    return {
      state: 'ambiguous',
      reason: `cannot look into /${first?.path}, which may hold a name of it (${first?.code})`,
    };
  }
  if (lower?.tooLong !== undefined) {
    return { state: 'ambiguous', reason: `a name of it is too long for aufs to show: /${lower.tooLong}` };
  }
  return (lower?.visible.length ?? 0) > 0 ? { state: 'restorable' } : { state: 'complete' };
}
