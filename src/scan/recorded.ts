import type { Bytes } from '../sys/bytes.js';
import { fileSystemUuid } from '../sys/filesystem.js';
import { handleOf } from '../sys/handle.js';
import type { Layer } from '../union/view-rules.js';

/** The lower file that an entry is the copy of, as it was when it was written down. */
export interface RecordedOrigin {
  /** {@link branchId} of its branch. */
  readonly branch: string;
  /** {@link fileId} of the file. */
  readonly file: string;
  /** The file system gives its inodes no generation (squashfs): only an unchanged file is the same. */
  readonly unversioned: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: bigint;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Names of it in the branch, at least one. */
  readonly paths: readonly Bytes[];
}

/** What was written down of one index entry. */
export interface RecordedEntry {
  readonly name: Bytes;
  /** {@link fileId} of its inode. */
  readonly file: string;
  readonly mode: number;
  readonly size: bigint;
  readonly mtime: bigint;
  /** Undefined where every name was the inode already. */
  readonly origin: RecordedOrigin | undefined;
  /** All names of the group, as the union showed them last. */
  readonly names: readonly Bytes[];
  /** {@link layersId} of the union that showed them. */
  readonly layers: string;
  /** The mount that showed these names was seen to show none of them later: they were all removed through it. */
  readonly gone: boolean;
  /** The mount that showed them; undefined where it was not mounted. */
  readonly mount: string | undefined;
}

/** The record of one upper branch. */
export interface RecordedBranch {
  readonly branch: string;
  readonly entries: readonly RecordedEntry[];
}

/** The records of a union's branches, by the branches' positions. */
export type UnionRecord = ReadonlyMap<number, RecordedBranch>;

/** Finds recorded entries by branch and name. */
export function entryFinder(record: UnionRecord): (branch: number, name: Bytes) => RecordedEntry | undefined {
  const entries = new Map<string, RecordedEntry>();
  for (const [branch, recorded] of record) {
    for (const entry of recorded.entries) entries.set(`${branch}/${entry.name}`, entry);
  }
  return (branch, name) => entries.get(`${branch}/${name}`);
}

/**
 * What identifies a file on its file system for ever: number and generation, as the file system's own handle has
 * them. A new file under an old number has another.
 */
export function fileId(dirfd: number, name: Bytes): string | undefined {
  const handle = handleOf(dirfd, name);
  return handle === undefined ? undefined : `${handle.type.toString(16)}.${handle.fid.toString('hex')}`;
}

/** What identifies a branch: its file system's UUID and its root directory. Fit to be a file's name. */
export function branchId(root: number): string | undefined {
  const self = fileId(root, '' as Bytes);
  const uuid = fileSystemUuid(root);
  return self === undefined || uuid === undefined ? undefined : `${uuid.toString('hex')}-${self}`;
}

/** What identifies all branches of a union, in their order. */
export function layersId(layers: readonly Layer[]): string {
  return layers.map(({ root, role }) => `${role}:${branchId(root) ?? '?'}`).join(' ');
}

/** Whether a file system without a UUID of its own gives no generations either. */
export function isUnversioned(root: number): boolean {
  return fileSystemUuid(root)?.every((byte) => byte === 0) !== false;
}
