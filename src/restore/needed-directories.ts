import type { MissingDirectory } from '../scan/result.js';
import { type Bytes, parentOf } from '../sys/bytes.js';
import { makeDirectories } from './directories.js';
import { failureOfOne } from './entry-run.js';
import type { DirectoryLinks, LinksByDirectory } from './links-by-directory.js';
import type { Pace } from './pace.js';
import type { Plan } from './plan-types.js';
import type { Site } from './site.js';
import { WaitingDirectories } from './waiting-directories.js';

/** What {@link makeNeeded} made in a run until now: paths by branch. */
export type MadeDirectories = Map<number, Set<Bytes>>;

/** Siblings between two looks at the clock. */
const LOT = 256;

/**
 * Makes the directories that new names need and the upper branches lack, durably; entries that need one which cannot be
 * made are told so.
 *
 * @param onMade - is told how many more were made; at a stop those stay, and a rerun finds them there
 */
export async function makeNeeded(
  site: Site,
  plan: Plan,
  links: LinksByDirectory,
  made: MadeDirectories,
  pace: Pace,
  onMade: (count: number) => void,
): Promise<void> {
  if (plan.directories.length === 0) return;
  for (const [branch, directories] of links) {
    const there = made.get(branch) ?? new Set();
    made.set(branch, there);
    const needed = withAncestors(directories.keys());
    const missing = plan.directories.filter(({ path }) => needed.has(path) && !there.has(path));
    const waiting = new WaitingDirectories();
    const done = ({ path }: MissingDirectory, error: unknown): void => {
      if (error === undefined) there.add(path);
      else fail(directories, path, error);
    };
    try {
      for (const siblings of bySiblings(missing)) {
        onMade(makeDirectories(site, branch, siblings, waiting, done));
        if (waiting.full) waiting.syncAll();
        if (pace.due) await pace.breathe();
      }
    } finally {
      waiting.syncAll();
    }
  }
}

/** Tells what needs a directory that cannot be made, or one below it. */
function fail(directories: ReadonlyMap<Bytes, DirectoryLinks>, path: Bytes, error: unknown): void {
  const failure = failureOfOne(error);
  for (const [parent, { runs }] of directories) {
    if (parent !== path && !parent.startsWith(`${path}/`)) continue;
    for (const run of runs) run.failure ??= failure;
  }
}

function withAncestors(directories: Iterable<Bytes>): Set<Bytes> {
  const all = new Set<Bytes>();
  for (const directory of directories) {
    for (let at = directory; at !== '' && !all.has(at); at = parentOf(at)) all.add(at);
  }
  return all;
}

/** Directories of one parent together, in lots, parents before children. */
function bySiblings(directories: readonly MissingDirectory[]): MissingDirectory[][] {
  const groups = new Map<Bytes, MissingDirectory[]>();
  for (const directory of directories) {
    const parent = parentOf(directory.path);
    const group = groups.get(parent);
    if (group === undefined) groups.set(parent, [directory]);
    else group.push(directory);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, group]) => inLots(group));
}

function inLots(group: readonly MissingDirectory[]): MissingDirectory[][] {
  return Array.from({ length: Math.ceil(group.length / LOT) }, (_, i) => group.slice(i * LOT, (i + 1) * LOT));
}
