import { ascii, type Bytes } from '../../sys/bytes.js';
import { isDirectory, isNullDevice, isRegular, type Stat, stat } from '../../sys/stat.js';
import { unless } from '../../sys/sys-error.js';
import { getXattrText } from '../../sys/xattr.js';
import {
  type BadHandle,
  blobOfIndexName,
  type OverlayHandle,
  parseOverlayHandle,
  whyBadIndexName,
} from '../../union/overlay-handle.js';
import { entryInode } from '../file-kind.js';
import type { EntryInode } from '../result.js';

/** One name of `work/index`, as it stands on the disk. */
export interface RawIndexEntry {
  readonly name: Bytes;
  readonly inode: EntryInode;
  readonly type: 'temporary' | 'junk' | 'whiteout' | 'directory' | 'file';
  readonly bad: BadHandle | undefined;
  /** `overlay.origin` of the inode, hex; the very name in all sound entries. */
  readonly originXattr: string | undefined;
  /** `overlay.nlink`, as it stands. */
  readonly nlinkXattr: string | undefined;
  /** `overlay.metacopy`, hex. */
  readonly metacopy: string | undefined;
  /** Any `overlay.*` attribute at all. */
  readonly marked: boolean;
}

/** Reads the entries of an index directory that have these names; nothing is interpreted but names and attributes. */
export function readOverlayIndex(index: number, prefix: string, names: readonly Bytes[]): RawIndexEntry[] {
  const entries: RawIndexEntry[] = [];
  const attributes: Attributes = {
    origin: `${prefix}origin`,
    nlink: `${prefix}nlink`,
    metacopy: `${prefix}metacopy`,
  };
  for (const name of names) {
    // Gone since it was listed, or since it was looked at: the users of a mounted overlay removed its last name.
    const entry = unless(['ENOENT'], () => readEntry(index, name, stat(index, name), attributes));
    if (entry !== undefined) entries.push(entry);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The origin that the name of an index entry tells; undefined for a name that is no handle. */
export function originInName(name: string): OverlayHandle | undefined {
  const blob = blobOfIndexName(name);
  const parsed = blob === undefined ? 'junk' : parseOverlayHandle(blob);
  return typeof parsed === 'string' ? undefined : parsed;
}

/** Their full names; put together for each entry anew, each would be hashed anew. */
type Attributes = Readonly<Record<'origin' | 'nlink' | 'metacopy', string>>;

const unmarked = { originXattr: undefined, nlinkXattr: undefined, metacopy: undefined, marked: false };

function readEntry(index: number, name: Bytes, stat: Stat, attributes: Attributes): RawIndexEntry {
  const inode = entryInode(stat);
  if (name.startsWith('#')) return { name, inode, type: 'temporary', bad: undefined, ...unmarked };
  const bad = whyBadIndexName(name);
  if (bad !== undefined) return { name, inode, type: 'junk', bad, ...unmarked };
  if (isNullDevice(stat)) return { name, inode, type: 'whiteout', bad: undefined, ...unmarked };
  if (isDirectory(stat)) return { name, inode, type: 'directory', bad: undefined, ...unmarked };
  const origin = getXattrText(index, name, attributes.origin, 'hex');
  const nlinkXattr = getXattrText(index, name, attributes.nlink, 'latin1');
  const metacopy = isRegular(stat) ? getXattrText(index, name, attributes.metacopy, 'hex') : undefined;
  return {
    name,
    inode,
    type: 'file',
    bad: undefined,
    // One string for both where they are the same.
    originXattr: origin === name ? name : origin,
    nlinkXattr,
    metacopy,
    marked: origin !== undefined || nlinkXattr !== undefined || metacopy !== undefined,
  };
}

/** The index directory's name below the work directory. */
export const INDEX = ascii('index');
