import type { IndexEntry } from '../scan/result.js';
import { statPath } from '../scan/stat-path.js';
import { sameInode } from '../sys/inode-id.js';
import type { Layer } from '../union/view-rules.js';
import type { Observation } from './merge.js';
import { recordedOrigin } from './recorded-origin.js';

/** What a scan of an aufs that is not mounted tells of an entry. */
export function observeAufs(layers: readonly Layer[], entry: IndexEntry): Observation {
  const unproved: Observation = { sees: 'nothing', reason: entry.reason ?? entry.state };
  const origin = entry.aufs?.origin;
  if (origin === undefined || (entry.state !== 'restorable' && entry.state !== 'complete')) return unproved;
  const names = [...entry.names, ...entry.missing.map(({ path }) => path)];
  const layer = layers[origin.branch];
  const path =
    layer &&
    names.find((name) => {
      const there = statPath(layer.root, name);
      return there !== undefined && sameInode(there, origin);
    });
  const recorded = path === undefined ? undefined : recordedOrigin(layer as Layer, path, names);
  return recorded === undefined ? unproved : { sees: 'names', names, origin: recorded };
}

/** What a scan of an overlay, mounted or not, tells of an entry; its own name tells its origin. */
export function observeOverlay(entry: IndexEntry): Observation {
  const names = [...entry.names, ...entry.missing.map(({ path }) => path)];
  // Those in the lower that was not given, or cannot be told from another, are not among them.
  if (entry.state !== 'foreign' && names.length > 0) return { sees: 'names', names, origin: undefined };
  return entry.state === 'orphan'
    ? { sees: 'none' }
    : { sees: 'nothing', reason: entry.reason ?? entry.state };
}
