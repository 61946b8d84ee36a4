import type { Bytes } from '../../sys/bytes.js';
import { formatOverlayNlink, parseOverlayNlink, unionNlink } from '../../union/overlay-nlink.js';
import { fileKind } from '../file-kind.js';
import type { Blocked, EntryState, IndexEntry, Unreadable } from '../result.js';
import { type EntryNames, lowerNames, typeDiffers } from './entry-names.js';
import type { OriginState } from './origin-state.js';
import type { RawIndexEntry } from './overlay-index.js';

/** All that is known of one entry. */
export interface EntryFacts {
  readonly found: EntryNames | undefined;
  readonly origin: OriginState;
  readonly unreadable: readonly Unreadable[];
  readonly blocked: Blocked | undefined;
  /** The lower file exists, and no given lower has a name of it. */
  readonly inNoLower?: boolean;
}

const none: readonly never[] = [];

/** Decides the state of one name of an overlay's index. Pure. */
export function classify(raw: RawIndexEntry, facts: EntryFacts): IndexEntry {
  const { state, reason, evidence = none, atRisk = false } = judge(raw, facts);
  const names = sorted(facts.found?.names ?? none, (name) => name);
  const missing = sorted(facts.found?.missing ?? none, ({ path }) => path);
  const lowerNlink = facts.found?.lowerNlink ?? facts.origin.nlink;
  const all = names.length + missing.length;
  return {
    name: raw.name,
    branch: 0,
    kind: fileKind(raw.inode.mode),
    state,
    atRisk,
    inode: raw.inode,
    names,
    missing,
    reason,
    evidence,
    overlay: {
      lowerNlink,
      nlinkXattr: raw.nlinkXattr,
      nlinkWanted: formatOverlayNlink('U', all - raw.inode.nlink),
      metacopy: metacopyKind(raw, facts.origin),
      originExists: facts.origin.exists,
      accounted: isAccounted(raw, facts),
    },
    aufs: undefined,
  };
}

function metacopyKind(
  { metacopy }: RawIndexEntry,
  origin: OriginState,
): 'plain' | 'layered' | 'verity' | undefined {
  if (metacopy === undefined) return undefined;
  // Four bytes of header; what follows is a digest.
  if (metacopy.length > 2 * 4) return 'verity';
  return origin.metacopy ? 'layered' : 'plain';
}

interface Verdict {
  readonly state: EntryState;
  readonly reason?: string | undefined;
  readonly evidence?: readonly string[];
  readonly atRisk?: boolean;
}

function judge(raw: RawIndexEntry, facts: EntryFacts): Verdict {
  const { found, origin, blocked } = facts;
  switch (raw.type) {
    case 'temporary':
      return {
        state: 'temporary',
        reason: 'a leftover of a copy-up; the kernel removes it at the next mount',
      };
    case 'junk':
      return {
        state: 'junk',
        reason:
          raw.bad === 'foreign'
            ? 'a handle of another kind of machine or a newer format: a mount with index=on fails'
            : 'not a name that an overlay gives: a mount with index=on fails',
      };
    case 'directory':
      return { state: 'directory', reason: "nfs_export's own entry of a directory" };
    case 'whiteout': {
      const shown = found?.missing ?? none;
      if (shown.length === 0)
        return { state: 'whiteout', reason: "nfs_export's own entry of a removed file" };
      return {
        state: 'whiteout',
        reason: `marks as removed what is still shown: reading ${plain(shown[0]?.path)} fails with EIO`,
      };
    }
    default:
      break;
  }
  const names = found?.names.length ?? 0;
  const missing = found?.missing ?? none;
  if (!raw.marked && raw.inode.nlink === 1 && names === 0) {
    return {
      state: 'damaged',
      reason: 'a copy-up that failed half-way (no overlay attribute, no name): a mount with index=on fails',
      evidence: ['failed copy-up'],
    };
  }
  if (raw.originXattr === undefined || raw.originXattr === '') {
    return {
      state: 'damaged',
      reason: 'its origin attribute is lost, a mount with index=on fails; the name still tells the origin',
      evidence: ['origin missing'],
    };
  }
  if (raw.originXattr !== raw.name) {
    return {
      state: 'ambiguous',
      atRisk: raw.inode.nlink === 1,
      reason: 'its name and its origin attribute tell two different files: a mount with index=on deletes it',
      evidence: [`origin attribute: ${raw.originXattr}`],
    };
  }
  if (found !== undefined && typeDiffers(found)) {
    return { state: 'ambiguous', reason: 'the lower file is of another type than the entry' };
  }
  const lost = kernelWouldDelete(raw, found, origin);
  if (blocked !== undefined && missing.length === 0 && names === 0) {
    return { state: 'foreign', reason: blocked.message };
  }
  if (facts.inNoLower === true) {
    return {
      state: 'foreign',
      reason: 'none of the given lowers has the file it was copied from: is a lower left out?',
    };
  }
  if (missing.length > 0) {
    return {
      state: 'restorable',
      atRisk: lost,
      reason: lost ? 'the next mount with index=on would delete this only copy' : undefined,
    };
  }
  // Names in a lower that is not given would fall back to their old content if the entry went.
  if (!origin.known) {
    const reason =
      blocked?.code === 'uuid-conflict'
        ? blocked.message
        : 'it belongs to a file system that none of the given lowers is on';
    return { state: 'foreign', reason };
  }
  if (names > 0) {
    if (!isAccounted(raw, facts)) return { state: 'complete', reason: hiddenBy(facts) };
    if (origin.exists === false) {
      return { state: 'stale', reason: 'the lower file it was copied from is gone' };
    }
    return { state: 'complete' };
  }
  if (!isAccounted(raw, facts)) return { state: 'ambiguous', reason: hiddenBy(facts) };
  if (raw.inode.nlink > 1) {
    return {
      state: 'ambiguous',
      reason: `the inode has ${raw.inode.nlink - 1} more links, none in the upper`,
    };
  }
  return {
    state: 'orphan',
    // Removed through the union it may go; where the lower vanished, it may hold what nobody meant to remove.
    atRisk: lost && origin.exists === false,
    reason:
      origin.exists === false
        ? 'the lower file it was copied from is gone, and no name shows the copy'
        : 'no visible name shows it',
  };
}

/** The table of what ovl_verify_index and ovl_indexdir_cleanup do with an entry that has no other link. */
function kernelWouldDelete(raw: RawIndexEntry, found: EntryNames | undefined, origin: OriginState): boolean {
  if (raw.inode.nlink > 1) return false;
  const lowerLinks = found?.lowerNlink ?? origin.nlink;
  if (origin.exists === false) return true;
  if (lowerLinks === 1) return true;
  const nlink = parseOverlayNlink(raw.nlinkXattr);
  return nlink === undefined || (unionNlink(nlink, raw.inode.nlink, lowerLinks) ?? 1) <= 0;
}

/**
 * Whether every link of both inodes was seen, or everything could be read: else an unreadable directory may hold
 * a name of the group.
 */
function isAccounted(raw: RawIndexEntry, { found, origin, unreadable }: EntryFacts): boolean {
  if (unreadable.length === 0) return true;
  if (found === undefined) return true;
  const upperSeen = raw.inode.nlink === 1 + found.names.length;
  // An origin that is gone has no links to be seen, but may as well be the file that cannot be read.
  const lowerLinks = found.lowerNlink ?? origin.nlink;
  return upperSeen && lowerLinks !== undefined && lowerNames(found) >= lowerLinks;
}

function hiddenBy({ unreadable: [first] }: EntryFacts): string {
  const what = first?.code === 'EXDEV' ? 'another file system is mounted on' : 'cannot look into';
  return `${what} ${plain(first?.path)}, which may hold a name of it`;
}

function plain(path: Bytes | undefined): string {
  return path === undefined || path === '' ? '/' : `/${path}`;
}

/** Mostly they are in order as they are, and nobody else keeps them. */
function sorted<T>(list: readonly T[], pathOf: (item: T) => Bytes): readonly T[] {
  const inOrder = list.every((item, i) => i === 0 || pathOf(list[i - 1] as T) <= pathOf(item));
  return inOrder ? list : [...list].sort((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1));
}
