import type { IndexEntry, Leftovers, MissingDirectory } from '../scan/result.js';
import type { Bytes } from '../sys/bytes.js';
import type { Union } from '../union/union.js';

/** What is to be done for one index entry. */
export interface EntryPlan {
  readonly entry: IndexEntry;
  /** Names to link, sorted. */
  readonly link: readonly Bytes[];
  /** `overlay.nlink` before the links (the L form holds while links are added), where it is needed. */
  readonly nlinkBefore: string | undefined;
  /** `overlay.nlink` after the links; undefined where it is right already or not used. */
  readonly nlinkAfter: string | undefined;
  /** The inode holds metadata alone and must be given its lower's data before the entry goes. */
  readonly hydrate: boolean;
  /** Remove the entry, then (overlay) origin and nlink. */
  readonly remove: boolean;
  /** Why a flush links the names but keeps the entry. */
  readonly obstacle: string | undefined;
  /** Links the inode has when every name is there, the entry included. */
  readonly linksAfter: number;
}

/** An entry that stays, and why. */
export interface KeptEntry {
  readonly entry: IndexEntry;
  readonly reason: string;
  /** Whether it asks for somebody's attention (exit code 4) or is as it should be. */
  readonly attention: boolean;
}

/** Everything a run will do, as plain data; `apply` does this and nothing else. */
export interface Plan {
  readonly union: Union;
  readonly goal: 'restore' | 'flush';
  readonly directories: readonly MissingDirectory[];
  readonly entries: readonly EntryPlan[];
  readonly kept: readonly KeptEntry[];
  readonly leftovers: Leftovers;
}

/** What became of one entry. */
export interface EntryOutcome {
  readonly entry: IndexEntry;
  readonly restored: readonly Bytes[];
  readonly removed: boolean;
  /** Why something planned was not done. */
  readonly reason: string | undefined;
  readonly attention: boolean;
}

/** What a run did. */
export interface Outcome {
  readonly entries: readonly EntryOutcome[];
  readonly linksRestored: number;
  readonly entriesRemoved: number;
  readonly entriesKept: number;
  readonly directoriesMade: number;
  /** Bytes of data that no name holds any more. */
  readonly bytesFreed: bigint;
  /** A signal ended the run at an entry boundary. */
  readonly stopped: boolean;
}
