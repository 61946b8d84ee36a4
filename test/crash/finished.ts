import { join } from 'node:path';
import type { Bytes } from '../../src/sys/bytes.js';
import type { OverlayPlace } from '../support/overlay-place.js';
import { snapshot, type Tree } from '../support/tree.js';
import { differences } from '../support/tree-diff.js';

/** Upper and index as a run leaves them; the kernel's own temporaries in the index come and go with its mounts. */
export function finishedTree(place: OverlayPlace): Tree {
  const of = (root: string, prefix: string): Tree =>
    snapshot(root).map((entry) => ({ ...entry, path: `${prefix}${entry.path}` as Bytes }));
  const index = of(join(place.work, 'index'), 'index/').filter(
    ({ path }) => path !== 'index/' && !path.startsWith('index/#'),
  );
  return [...of(place.upper, 'upper/'), ...index];
}

/** Differences of two finished trees; the inodes of new directories and change times are each run's own. */
export function unfinishedBy(reference: Tree, tree: Tree): string[] {
  return differences(reference, tree, { ignore: ['inode', 'ctime', 'blocks'] });
}
