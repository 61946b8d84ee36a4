import { type Bytes, joinBytes, parentOf } from '../sys/bytes.js';
import { openDirectory, withFd } from '../sys/open.js';
import { namesIn } from '../sys/record-names.js';
import { isSysError, unless } from '../sys/sys-error.js';
import { PLINK_DIRECTORY } from './aufs-names.js';
import type { DescribedUnion } from './described.js';

/** How many index entries a union has, or why that is not known. */
export type EntryCount =
  | { readonly entries: number }
  | { readonly unknown: string; readonly path: Bytes | undefined };

/** Counts the names in the index directories, without looking at one of them. */
export function countEntries(union: DescribedUnion): EntryCount {
  const directories = indexDirectories(union);
  if (directories.length === 0) {
    return { unknown: whyNone(union), path: undefined };
  }
  let entries = 0;
  for (const path of directories) {
    try {
      entries += withFd(openDirectory(path), countNames);
    } catch (error) {
      if (!isSysError(error)) throw error;
      // An overlay that never had an index, an aufs branch that never had a pseudo-link.
      if (error.code === 'ENOENT' && isThere(parentOf(path))) continue;
      return { unknown: error.meaning, path };
    }
  }
  return { entries };
}

function whyNone({ format, work }: DescribedUnion): string {
  if (format === 'aufs') return 'no writable branch';
  return work === undefined
    ? 'no work directory, so no index'
    : 'mounted with relative paths, from a directory that is not known';
}

function isThere(path: Bytes): boolean {
  return unless(['ENOENT'], () => withFd(openDirectory(path), () => true)) === true;
}

function countNames(fd: number): number {
  // `#…` are overlay's own temporaries.
  return namesIn(fd).filter((name) => !name.startsWith('#')).length;
}

function indexDirectories({ format, branches, work }: DescribedUnion): Bytes[] {
  if (format === 'overlay') return work?.startsWith('/') === true ? [joinBytes(work, 'index' as Bytes)] : [];
  return branches.filter(({ role }) => role === 'upper').map(({ path }) => joinBytes(path, PLINK_DIRECTORY));
}
