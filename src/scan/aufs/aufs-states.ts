import type { Bytes } from '../../sys/bytes.js';
import { entryInode, fileKind } from '../file-kind.js';
import type { AufsEntryFacts, EntryState, IndexEntry, MissingName, Unreadable } from '../result.js';
import type { RawPlink } from './aufs-index.js';
import type { Proof } from './aufs-proof.js';
import type { UpperName } from './aufs-upper-names.js';
import { isAllSeen, type LowerNames } from './lower-plink-names.js';

/** All that is known of one pseudo-link. */
export interface PlinkFacts {
  /** Its names on its branch. */
  readonly upper: readonly UpperName[];
  readonly proof: Proof;
  /** What it may be, a line each, where nothing is proved. */
  readonly clues: readonly string[];
  /** Names of the proved lower file. */
  readonly lower: LowerNames | undefined;
  readonly unreadable: readonly Unreadable[];
  /** Another entry claims the same inode or the same lower file. */
  readonly rival: Bytes | undefined;
}

const NONE: readonly never[] = [];

/** Decides the state of one name of `.wh..wh.plnk`. Pure. */
export function classifyPlink(plink: RawPlink, facts: PlinkFacts): IndexEntry {
  const { state, reason } = judge(plink, facts);
  const names = facts.upper.map(({ path }) => path).sort();
  const missing: readonly MissingName[] =
    state === 'restorable' && facts.lower !== undefined ? byPath(facts.lower.visible) : NONE;
  return {
    name: plink.name,
    branch: plink.branch,
    kind: fileKind(plink.stat.mode),
    state,
    // Any later mount forgets the entry, and the classic flush in that mount deletes it unseen.
    atRisk: names.length === 0 && (state === 'ambiguous' || state === 'damaged'),
    inode: entryInode(plink.stat),
    names,
    missing,
    reason,
    evidence: evidenceOf(state, facts, names),
    overlay: undefined,
    aufs: aufsFacts(plink, facts),
  };
}

function byPath(names: readonly MissingName[]): readonly MissingName[] {
  return names.length < 2 ? names : [...names].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function evidenceOf(
  state: EntryState,
  { proof, clues }: PlinkFacts,
  names: readonly Bytes[],
): readonly string[] {
  if (state !== 'ambiguous' && state !== 'damaged') return NONE;
  const told = proof.origin === undefined ? proof.evidence : [];
  const own = told.length > 0 ? told : names.map((path) => `its name: /${path}`);
  return [...own, ...clues];
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
): { state: EntryState; reason?: string | undefined } {
  if (plink.plink === undefined) return { state: 'junk', reason: 'not a name that aufs gives a pseudo-link' };
  const copied =
    plink.plink.branchInode === plink.stat.ino
      ? undefined
      : `its name tells inode ${plink.plink.branchInode}, but it is inode ${plink.stat.ino}: the branch was copied`;
  if (rival !== undefined) return { state: 'ambiguous', reason: `entry ${rival} claims the same file` };
  const upperSeen = plink.stat.nlink === 1 + upper.length;
  const [hidden] = unreadable;
  if (proof.origin === undefined) {
    // Where its link count tells of a name, one that was not met is there all the same.
    const over = unreadable.find(({ branch }) => branch === plink.branch);
    const unmet = upper.length === 0 && !upperSeen;
    const reason = unmet && over !== undefined ? behind(over) : proof.reason;
    return copied === undefined
      ? { state: 'ambiguous', reason }
      : { state: 'damaged', reason: `${copied}; ${reason}` };
  }
  // A copy that kept the upper's hardlinks may have torn the lower's apart: then its one name says nothing.
  if (copied !== undefined && proof.origin.stat.nlink === 1) return { state: 'damaged', reason: copied };
  if (hidden !== undefined && !(upperSeen && isAllSeen(lower))) {
    return { state: 'ambiguous', reason: behind(hidden) };
  }
  const reason =
    lower?.tooLong === undefined
      ? copied
      : `a name of it is too long for aufs to show, and stays as it is: /${lower.tooLong}`;
  return { state: (lower?.visible.length ?? 0) > 0 ? 'restorable' : 'complete', reason };
}

function behind({ path, code }: Unreadable): string {
  return `cannot look into /${path}, which may hold a name of it (${code})`;
}
