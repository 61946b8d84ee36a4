import type { Bytes } from '../sys/bytes.js';
import type { InodeId } from '../sys/inode-id.js';
import type { Union } from '../union/union.js';
import type { EntryState } from './entry-state.js';
import type { MissingDirectory, MissingName } from './missing-name.js';
import type { RepairAction } from './repair-action.js';

export type FileKind = 'file' | 'symlink' | 'fifo' | 'socket' | 'char' | 'block' | 'directory';

export type { EntryState } from './entry-state.js';
export type { BranchPath, MissingDirectory, MissingName } from './missing-name.js';

/** The inode that an index entry is a link of. */
export interface EntryInode extends InodeId {
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: bigint;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** 512-byte blocks. */
  readonly blocks: bigint;
  readonly attributes: bigint;
}

/** What only overlay entries have. */
export interface OverlayEntryFacts {
  /** Links of the origin in its own file system, by any visible alias or by its handle; undefined if it is gone. */
  readonly lowerNlink: number | undefined;
  /** `overlay.nlink` as it stands. */
  readonly nlinkXattr: string | undefined;
  /** `overlay.nlink` as it should stand for the names that are there now. */
  readonly nlinkWanted: string;
  /**
   * Set where the inode holds metadata only and its data is still the lower's; `layered`: that lower file is a
   * metadata-only copy of a still lower one; `verity`: checked by a digest.
   */
  readonly metacopy: 'plain' | 'layered' | 'verity' | undefined;
  /** Whether the origin handle can be opened in a given lower: undefined if nobody may ask (no privilege). */
  readonly originExists: boolean | undefined;
  /** Every link of the inode and of its origin was seen, or every directory could be read. */
  readonly accounted: boolean;
}

/** What only aufs entries have. */
export interface AufsEntryFacts {
  /** The union inode number in the name: worthless once the union was unmounted. */
  readonly unionInode: bigint;
  /** The branch inode number in the name. */
  readonly branchInode: bigint;
  /** The lower inode that the names prove. */
  readonly origin: (InodeId & { readonly branch: number; readonly nlink: number }) | undefined;
  /** Why a flush of the mounted union must leave it; undefined on one that is not mounted. */
  readonly obstacle?: string | undefined;
}

/** One name in an index directory, and what it stands for. */
export interface IndexEntry {
  readonly name: Bytes;
  /** Position of the branch whose index holds it (overlay: 0). */
  readonly branch: number;
  readonly kind: FileKind;
  readonly state: EntryState;
  /** The next ordinary mount, or another tool's flush, would destroy the only copy. */
  readonly atRisk: boolean;
  readonly inode: EntryInode;
  /** Visible names that are the upper inode already, sorted. */
  readonly names: readonly Bytes[];
  /** Visible names to be linked, sorted. */
  readonly missing: readonly MissingName[];
  /** One sentence on why it is in its state, where that is not plain. */
  readonly reason: string | undefined;
  /** Facts for a person's decision, a line each. */
  readonly evidence: readonly string[];
  readonly overlay: OverlayEntryFacts | undefined;
  readonly aufs: AufsEntryFacts | undefined;
}

export type Severity = 'note' | 'warning' | 'error' | 'danger';

/** Something that `check` tells. */
export interface Finding {
  /** Stable, kebab-case. */
  readonly code: string;
  /** `danger`: data is lost if nothing is done; `error`: the union misbehaves or does not mount. */
  readonly severity: Severity;
  /** Where, for people: relative to the union root, or an absolute path of a branch or index file. */
  readonly path: Bytes;
  readonly message: string;
  readonly remedy: string;
  /** Whether the remedy may be carried out unasked: nothing that anybody can see is lost or changes. */
  readonly safe: boolean;
  /** What `repair` would do; undefined where only a person or another command can mend it. */
  readonly action?: RepairAction | undefined;
}

/** A directory that the walk could not see into. */
export interface Unreadable {
  readonly path: Bytes;
  readonly branch: number;
  /** errno name, or `EXDEV` for another file system mounted there. */
  readonly code: string;
}

/** What was left half-done by an earlier run of this program, and is put right by the next. */
export interface Leftovers {
  /** An earlier run did not come to its end. */
  readonly running: boolean;
  /** Own temporary names in the index directory (overlay) or `.wh..wh.orph` (aufs). */
  readonly temporaries: readonly { readonly branch: number; readonly name: Bytes }[];
  /** Upper directories whose times still wait to be put back. */
  readonly times: readonly { readonly branch: number; readonly path: Bytes }[];
  /** Upper names that still carry origin or nlink of a flushed entry (overlay). */
  readonly marks: readonly Bytes[];
}

/** Why nothing may be written to a union, whatever its entries say. */
export interface Blocked {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export interface ScanResult {
  readonly union: Union;
  readonly entries: readonly IndexEntry[];
  /** Directories needed by the missing names, parents before children. */
  readonly directories: readonly MissingDirectory[];
  readonly findings: readonly Finding[];
  readonly unreadable: readonly Unreadable[];
  /** `plan` refuses; `list` and `check` tell of it. */
  readonly blocked: Blocked | undefined;
  readonly leftovers: Leftovers;
  /** nfs_export is or was in use: exported handles would die with a flushed entry. */
  readonly nfsExport: boolean;
  readonly walked: { readonly directories: number; readonly names: number };
}
