import type { RecordedEntry, RecordedOrigin } from '../scan/recorded.js';
import type { Bytes } from '../sys/bytes.js';

/** What a look at a union tells of one entry. */
export type Observation =
  | { readonly sees: 'names'; readonly names: readonly Bytes[]; readonly origin: RecordedOrigin | undefined }
  /** Every name of the union was looked at, and none is the entry's. */
  | { readonly sees: 'none' }
  | { readonly sees: 'nothing'; readonly reason: string };

/** The part of a recorded entry that identifies its inode, and the branches that it was looked at in. */
export type Identity = Pick<RecordedEntry, 'name' | 'file' | 'mode' | 'size' | 'mtime' | 'layers'>;

/**
 * What is to be written down of an entry after a look. Numbers in names of pseudo-links are true in one mount only:
 * what an earlier mount, or the branches themselves, told of an entry is never replaced by what a later one shows.
 *
 * @param mount - the mount that was looked at; undefined where the union is not mounted
 * @param previous - what was written down before
 * @returns undefined where nothing is known
 */
export function mergeEntry(
  identity: Identity,
  observation: Observation,
  previous: RecordedEntry | undefined,
  mount: string | undefined,
): RecordedEntry | undefined {
  const known = previous?.file === identity.file ? previous : undefined;
  if (known !== undefined && known.mount !== mount) return known;
  switch (observation.sees) {
    case 'nothing':
      return known;
    case 'none':
      return known === undefined || mount === undefined ? known : { ...known, ...identity, gone: true };
    default:
      break;
  }
  const { names, origin } = observation;
  if (names.length === 0) return undefined;
  // An inode stays the copy of one lower file: one of the two looks was deceived, and the earlier one had more names.
  if (known?.origin !== undefined && origin !== undefined && !sameOrigin(known.origin, origin)) return known;
  const told = origin === undefined ? known?.origin : withPaths(origin, known?.origin);
  return { ...identity, names: [...names].sort(), origin: told, gone: false, mount };
}

function sameOrigin(a: RecordedOrigin, b: RecordedOrigin): boolean {
  return a.branch === b.branch && a.file === b.file;
}

// A name that was linked since is no lower name to the mount any more, but the lower file is still under it.
function withPaths(origin: RecordedOrigin, before: RecordedOrigin | undefined): RecordedOrigin {
  return { ...origin, paths: [...new Set([...origin.paths, ...(before?.paths ?? [])])].sort() };
}
