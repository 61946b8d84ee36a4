import { ascii, type Bytes } from '../../sys/bytes.js';
import { readDirectory } from '../../sys/read-directory.js';
import { isDirectory, isNullDevice, isRegular, type Stat, stat } from '../../sys/stat.js';
import { unless } from '../../sys/sys-error.js';
import { getXattr } from '../../sys/xattr.js';
import {
  type BadHandle,
  blobOfIndexName,
  type OverlayHandle,
  parseOverlayHandle,
} from '../../union/overlay-handle.js';

/** One name of `work/index`, as it stands on the disk. */
export interface RawIndexEntry {
  readonly name: Bytes;
  readonly stat: Stat;
  readonly type: 'temporary' | 'junk' | 'whiteout' | 'directory' | 'file';
  /** The origin that the name tells; undefined for names that are no handle. */
  readonly origin: OverlayHandle | undefined;
  readonly bad: BadHandle | undefined;
  /** `overlay.origin` of the inode. */
  readonly originXattr: Buffer | undefined;
  readonly nlinkXattr: Buffer | undefined;
  readonly metacopy: Buffer | undefined;
  /** Any `overlay.*` attribute at all. */
  readonly marked: boolean;
}

/** Reads every entry of an index directory; nothing is interpreted but names and attributes. */
export function readOverlayIndex(index: number, prefix: string): RawIndexEntry[] {
  const entries: RawIndexEntry[] = [];
  for (const { name } of readDirectory(index)) {
    // Gone since it was listed, or since it was looked at: the users of a mounted overlay removed its last name.
    const entry = unless(['ENOENT'], () => readEntry(index, name, stat(index, name), prefix));
    if (entry !== undefined) entries.push(entry);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readEntry(index: number, name: Bytes, stat: Stat, prefix: string): RawIndexEntry {
  const none = { originXattr: undefined, nlinkXattr: undefined, metacopy: undefined, marked: false };
  if (name.startsWith('#')) {
    return { name, stat, type: 'temporary', origin: undefined, bad: undefined, ...none };
  }
  const blob = blobOfIndexName(name);
  const parsed = blob === undefined ? 'junk' : parseOverlayHandle(blob);
  if (typeof parsed === 'string')
    return { name, stat, type: 'junk', origin: undefined, bad: parsed, ...none };
  if (isNullDevice(stat)) return { name, stat, type: 'whiteout', origin: parsed, bad: undefined, ...none };
  const get = (attribute: string): Buffer | undefined => getXattr(index, name, `${prefix}${attribute}`);
  if (isDirectory(stat)) return { name, stat, type: 'directory', origin: parsed, bad: undefined, ...none };
  const originXattr = get('origin');
  const nlinkXattr = get('nlink');
  const metacopy = isRegular(stat) ? get('metacopy') : undefined;
  const marked = originXattr !== undefined || nlinkXattr !== undefined || metacopy !== undefined;
  return {
    name,
    stat,
    type: 'file',
    origin: parsed,
    bad: undefined,
    originXattr,
    nlinkXattr,
    metacopy,
    marked,
  };
}

/** The index directory's name below the work directory. */
export const INDEX = ascii('index');
