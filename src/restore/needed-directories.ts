import type { MissingDirectory } from '../scan/result.js';
import { type Bytes, parentOf } from '../sys/bytes.js';
import { makeDirectories } from './directories.js';
import { type EntryRun, failureOfOne } from './entry-run.js';
import type { Plan } from './plan-types.js';
import type { Site } from './site.js';

/** What {@link makeNeeded} made in a run until now: paths by branch. */
export type MadeDirectories = Map<number, Set<Bytes>>;

/**
 * Makes the directories that the runs' new names need and the upper branches lack; entries that need one which
 * cannot be made are told so.
 *
 * @returns how many were made
 */
export function makeNeeded(site: Site, plan: Plan, runs: readonly EntryRun[], made: MadeDirectories): number {
  if (plan.directories.length === 0) return 0;
  let count = 0;
  for (const [branch, needed] of neededBy(runs)) {
    const there = made.get(branch) ?? new Set();
    made.set(branch, there);
    const missing = plan.directories.filter(({ path }) => needed.has(path) && !there.has(path));
    for (const siblings of bySiblings(missing)) {
      count += makeDirectories(site, branch, siblings, ({ path }, error) => {
        if (error === undefined) {
          there.add(path);
          return;
        }
        const failure = failureOfOne(error);
        for (const run of needed.get(path) ?? []) run.failure ??= failure;
      });
    }
  }
  return count;
}

/** Every directory above the new names, and the runs that have a name below it; by branch. */
function neededBy(runs: readonly EntryRun[]): Map<number, Map<Bytes, EntryRun[]>> {
  const branches = new Map<number, Map<Bytes, EntryRun[]>>();
  for (const run of runs) {
    if (run.failure !== undefined || run.plan.link.length === 0) continue;
    const { branch } = run.plan.entry;
    const needed = branches.get(branch) ?? new Map<Bytes, EntryRun[]>();
    branches.set(branch, needed);
    for (const path of run.plan.link) {
      for (let at = parentOf(path); at !== ''; at = parentOf(at)) {
        const users = needed.get(at);
        if (users === undefined) needed.set(at, [run]);
        else if (users.at(-1) !== run) users.push(run);
      }
    }
  }
  return branches;
}

/** Directories of one parent together, parents before children. */
function bySiblings(directories: readonly MissingDirectory[]): MissingDirectory[][] {
  const groups = new Map<Bytes, MissingDirectory[]>();
  for (const directory of directories) {
    const parent = parentOf(directory.path);
    const group = groups.get(parent);
    if (group === undefined) groups.set(parent, [directory]);
    else group.push(directory);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}
