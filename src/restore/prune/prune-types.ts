import type { IndexEntry, ScanResult } from '../../scan/result.js';
import type { Bytes } from '../../sys/bytes.js';
import type { Union } from '../../union/union.js';
import type { KeptEntry } from '../plan-types.js';

/** What may go, and on which terms. */
export interface PrunePolicy {
  /** Nanoseconds since the entry's last change; undefined for {@link defaultAge} of each entry. */
  readonly minAge: bigint | undefined;
  /** A copy of everything that goes is kept there. */
  readonly rescue: Bytes | undefined;
  /** Entries that may be the last copy of somebody's data may go without a copy. */
  readonly withoutRescue: boolean;
}

/** What the disk tells of an orphan beside the scan. */
export interface PruneFacts {
  /** The later of ctime and mtime, nanoseconds since 1970: when its last name went, at the earliest. */
  readonly changed: bigint;
  /** Undefined where nobody can tell. */
  readonly open: boolean | undefined;
  /** What the record of its names says against its removal. */
  readonly disagreement: string | undefined;
  /** Names of its lower file in the given lowers, and its links in all (overlay); undefined where none was met. */
  readonly lower: { readonly seen: number; readonly nlink: number } | undefined;
}

/** An entry that will go. */
export interface PruneEntry {
  readonly entry: IndexEntry;
  readonly changed: bigint;
  /** Why, for the rescue note. */
  readonly reason: string;
  readonly knownNames: readonly Bytes[];
}

/** Everything a prune will do, as plain data. */
export interface PrunePlan {
  readonly union: Union;
  readonly rescue: Bytes | undefined;
  readonly entries: readonly PruneEntry[];
  readonly kept: readonly KeptEntry[];
}

/** What became of one entry. */
export interface PrunedEntry {
  readonly entry: IndexEntry;
  readonly removed: boolean;
  /** Where it is kept, absolute. */
  readonly rescued: Bytes | undefined;
  /** Why it is still there. */
  readonly reason: string | undefined;
  readonly attention: boolean;
}

/** What a prune did. */
export interface PruneOutcome {
  readonly entries: readonly PrunedEntry[];
  /** Bytes on the disk that nothing holds any more. */
  readonly bytesFreed: bigint;
  readonly stopped: boolean;
}

/** What a prune knows when it decides. */
export interface PruneInput {
  readonly scan: ScanResult;
  readonly facts: ReadonlyMap<IndexEntry, PruneFacts>;
  readonly knownNames: ReadonlyMap<IndexEntry, readonly Bytes[]>;
  readonly policy: PrunePolicy;
  /** Nanoseconds since 1970. */
  readonly now: bigint;
}
