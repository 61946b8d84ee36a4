import { inodeOfHandleText } from '../../union/handle-inode.js';
import { textOfIndexName } from '../../union/overlay-handle.js';
import { InodeSet, type InodeTable } from '../walk/inode-set.js';
import type { HandleLayer } from './overlay-layers.js';

/** Inode numbers by branch, as plain data. */
export type LowerInodes = readonly (readonly [number, InodeTable | 'all'])[];

/** What {@link soughtInLowers} has found out, in another thread. */
export function setsOf(inodes: LowerInodes): Map<number, InodeSet | 'all'> {
  return new Map(inodes.map(([branch, table]) => [branch, table === 'all' ? table : new InodeSet(table)]));
}

/**
 * The inode numbers that the lower files of index entries have in each searched lower, as the handles in the entries'
 * names tell; `all` where a file system's handles or numbers cannot be relied on.
 *
 * @param keys - names of index entries
 * @returns by branch
 */
export function soughtInLowers(
  lowers: readonly HandleLayer[],
  keys: Iterable<string>,
): Map<number, InodeSet | 'all'> {
  const searched = lowers.filter(({ role }) => role === 'lower');
  const inodes = new Map<HandleLayer, bigint[] | 'all'>(
    searched.map((layer) => [layer, layer.trueInodes ? [] : 'all']),
  );
  for (const key of keys) {
    const origin = textOfIndexName(key);
    if (origin === undefined) continue;
    for (const layer of searched) {
      const list = inodes.get(layer);
      if (list === undefined || list === 'all') continue;
      if (layer.uuidText !== undefined && layer.uuidText !== origin.uuid) continue;
      const inode = inodeOfHandleText(origin.type, origin.fid, layer.fileSystem);
      if (inode === undefined) inodes.set(layer, 'all');
      else list.push(inode);
    }
  }
  return new Map(
    [...inodes].map(([{ branch }, list]) => [branch, list === 'all' ? list : InodeSet.of(list)]),
  );
}
