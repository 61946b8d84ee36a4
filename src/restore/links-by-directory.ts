import { type Bytes, parentOf } from '../sys/bytes.js';
import type { EntryRun } from './entry-run.js';

/** New names of one directory, and the run of each. */
export interface DirectoryLinks {
  readonly runs: EntryRun[];
  readonly paths: Bytes[];
}

/** The new names of a batch by branch and directory. */
export type LinksByDirectory = ReadonlyMap<number, ReadonlyMap<Bytes, DirectoryLinks>>;

/** Sorts the names that are to be made by their directories: one that gets many is opened and synced once. */
export function linksByDirectory(runs: readonly EntryRun[]): LinksByDirectory {
  const branches = new Map<number, Map<Bytes, DirectoryLinks>>();
  for (const run of runs) {
    if (run.failure !== undefined || run.plan.link.length === 0) continue;
    const { branch } = run.plan.entry;
    let directories = branches.get(branch);
    if (directories === undefined) {
      directories = new Map();
      branches.set(branch, directories);
    }
    for (const path of run.plan.link) {
      const parent = parentOf(path);
      const links = directories.get(parent);
      if (links === undefined) directories.set(parent, { runs: [run], paths: [path] });
      else {
        links.runs.push(run);
        links.paths.push(path);
      }
    }
  }
  return branches;
}
