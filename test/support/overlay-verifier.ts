import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { IndexEntry } from '../../src/scan/result.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { kernelLog } from './kernel-log.js';
import { namesOneOf } from './kernel-log-names.js';
import { type OverlayPlace, whileMounted } from './overlay-place.js';
import { byPath, groupsOf, snapshot, type Tree } from './tree.js';

/** What the kernel says to a mount that it refuses, never about one that succeeded, or to every mount with xino. */
const refusal = /in-use|must reside under the same mount|"xino/;

/** What a mount shows, and what the kernel said to it. */
export interface View {
  readonly tree: Tree;
  readonly log: readonly string[];
}

/**
 * Mounts the overlay, looks at everything, and unmounts it. The kernel log is the whole machine's: lines are
 * believed to be about this overlay only if a second look gives them again, and if what they name is there (two
 * processes that look twice at a time give each other's lines twice).
 */
export function viewOf(place: OverlayPlace, options: readonly string[]): View {
  let tree: Tree = [];
  const look = (): string[] =>
    kernelLog(() => {
      tree = whileMounted(place, options, ({ root }) => snapshot(root));
    });
  const log = look();
  const again = log.length > 0 ? look() : [];
  const own = log.filter(
    (line) => again.includes(line) && !refusal.test(line) && namesOneOf(line, tree) !== false,
  );
  return { tree, log: own };
}

/** Upper, index and lowers: all that a run could touch. */
export function layersOf(place: OverlayPlace): { readonly own: Tree; readonly lowers: Tree } {
  const all = (roots: readonly string[]): Tree =>
    roots.flatMap((root, i) =>
      snapshot(root).map((entry) => ({ ...entry, path: `${i}/${entry.path}` as Bytes })),
    );
  return { own: all([place.upper, place.work]), lowers: all(place.lowers.filter((lower) => lower !== '')) };
}

/** Names in `work/index`, sorted, without the temporaries that the kernel makes and removes as it likes. */
export function indexNames(place: OverlayPlace): string[] {
  return readdirSync(join(place.work, 'index'), 'latin1')
    .filter((name) => !name.startsWith('#'))
    .sort();
}

/**
 * Groups whose link count in the view is not the number of their names. An origin with a single link makes the
 * kernel count the index entry too, whatever the nlink record says.
 */
export function wrongLinkCounts(tree: Tree, entries: readonly IndexEntry[], place: OverlayPlace): string[] {
  const index = indexNames(place);
  const seen = byPath(tree);
  const groups = groupsOf(tree);
  const wrong: string[] = [];
  for (const { name, names, missing, overlay, state } of entries) {
    if (state !== 'restorable' && state !== 'complete') continue;
    const all = [...names, ...missing.map(({ path }) => path)].sort();
    const first = seen.get(all[0] as Bytes);
    const group = groups.get(all[0] as Bytes);
    if (group === undefined || group.length !== all.length) {
      wrong.push(`${JSON.stringify(all)}: the mount groups ${JSON.stringify(group)}`);
    }
    const counted = all.length + (overlay?.lowerNlink === 1 && index.includes(name) ? 1 : 0);
    if (first?.nlink !== String(counted))
      wrong.push(`${JSON.stringify(all)}: nlink ${first?.nlink}, not ${counted}`);
  }
  return wrong;
}
