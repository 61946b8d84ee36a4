import type { Bytes } from '../../sys/bytes.js';
import { formatOverlayNlink, parseOverlayNlink, unionNlink } from '../../union/overlay-nlink.js';
import { entryInode, fileKind } from '../file-kind.js';
import type { Blocked, EntryState, IndexEntry, Unreadable } from '../result.js';
import type { RawIndexEntry } from './overlay-index.js';
import type { EntryNames } from './overlay-names.js';

/** What the lower file systems say of an entry's origin. */
export interface OriginState {
  /** The handle's file system is one of the given lowers'. */
  readonly known: boolean;
  /** Whether the inode is still there; undefined where nobody may ask. */
  readonly exists: boolean | undefined;
  /** Its links, where it was opened. */
  readonly nlink: number | undefined;
  /** It is a metadata-only copy itself, of a still lower file. */
  readonly metacopy: boolean;
}

/** All that is known of one entry. */
export interface EntryFacts {
  readonly found: EntryNames | undefined;
  readonly origin: OriginState;
  readonly unreadable: readonly Unreadable[];
  readonly blocked: Blocked | undefined;
  /** The lower file exists, and no given lower has a name of it. */
  readonly inNoLower?: boolean;
}

/** Decides the state of one name of an overlay's index. Pure. */
export function classify(raw: RawIndexEntry, facts: EntryFacts): IndexEntry {
  const { state, reason, evidence = [], atRisk = false } = judge(raw, facts);
  const names = sorted(facts.found?.names ?? []);
  const missing = [...(facts.found?.missing ?? [])].sort((a, b) => (a.path < b.path ? -1 : 1));
  const lowerNlink = facts.found?.lowerNlink ?? facts.origin.nlink;
  const all = names.length + missing.length;
  return {
    name: raw.name,
    branch: 0,
    kind: fileKind(raw.stat.mode),
    state,
    atRisk,
    inode: entryInode(raw.stat),
    names,
    missing,
    reason,
    evidence,
    overlay: {
      lowerNlink,
      nlinkXattr: raw.nlinkXattr?.toString('latin1'),
      nlinkWanted: formatOverlayNlink('U', all - raw.stat.nlink),
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
  if (metacopy.length > 4) return 'verity';
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
      const shown = found?.missing ?? [];
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
  const missing = found?.missing ?? [];
  if (!raw.marked && raw.stat.nlink === 1 && names === 0) {
    return {
      state: 'damaged',
      reason: 'a copy-up that failed half-way (no overlay attribute, no name): a mount with index=on fails',
      evidence: ['failed copy-up'],
    };
  }
  if (raw.originXattr === undefined || raw.originXattr.length === 0) {
    return {
      state: 'damaged',
      reason: 'its origin attribute is lost, a mount with index=on fails; the name still tells the origin',
      evidence: ['origin missing'],
    };
  }
  if (raw.originXattr.toString('hex') !== raw.name) {
    return {
      state: 'ambiguous',
      atRisk: raw.stat.nlink === 1,
      reason: 'its name and its origin attribute tell two different files: a mount with index=on deletes it',
      evidence: [`origin attribute: ${raw.originXattr.toString('hex')}`],
    };
  }
  if (found?.typeDiffers === true) {
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
    return { state: 'foreign', reason: 'it belongs to a file system that none of the given lowers is on' };
  }
  if (names > 0) {
    if (!isAccounted(raw, facts)) return { state: 'complete', reason: hiddenBy(facts) };
    if (origin.exists === false) {
      return { state: 'stale', reason: 'the lower file it was copied from is gone' };
    }
    return { state: 'complete' };
  }
  if (!isAccounted(raw, facts)) return { state: 'ambiguous', reason: hiddenBy(facts) };
  if (raw.stat.nlink > 1) {
    return {
      state: 'ambiguous',
      reason: `the inode has ${raw.stat.nlink - 1} more links, none in the upper`,
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
  if (raw.stat.nlink > 1) return false;
  const lowerLinks = found?.lowerNlink ?? origin.nlink;
  if (origin.exists === false) return true;
  if (lowerLinks === 1) return true;
  const nlink = parseOverlayNlink(raw.nlinkXattr);
  return nlink === undefined || (unionNlink(nlink, raw.stat.nlink, lowerLinks) ?? 1) <= 0;
}

/**
 * Whether every link of both inodes was seen, or everything could be read: else an unreadable directory may hold
 * a name of the group.
 */
function isAccounted(raw: RawIndexEntry, { found, origin, unreadable }: EntryFacts): boolean {
  if (unreadable.length === 0) return true;
  if (found === undefined) return true;
  const upperSeen = raw.stat.nlink === 1 + found.names.length;
  const lowerLinks = found.lowerNlink ?? origin.nlink;
  return (
    upperSeen && (origin.exists === false || (lowerLinks !== undefined && found.lowerSeen.size >= lowerLinks))
  );
}

function hiddenBy({ unreadable: [first] }: EntryFacts): string {
  const what = first?.code === 'EXDEV' ? 'another file system is mounted on' : 'cannot look into';
  return `${what} ${plain(first?.path)}, which may hold a name of it`;
}

function plain(path: Bytes | undefined): string {
  return path === undefined || path === '' ? '/' : `/${path}`;
}

function sorted(names: readonly Bytes[]): Bytes[] {
  return [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
