import { AT_FDCWD } from '../sys/check.js';
import { stat } from '../sys/stat.js';
import { isSysError } from '../sys/sys-error.js';
import type { Union } from '../union/union.js';

/**
 * Groups unions that share a file system: on one disk two runs only get in each other's way, on two they need not
 * wait for one another. The order within a group is that of the unions.
 *
 * @param unions - undefined stands for one that could not be opened
 * @returns positions in `unions`
 */
export function byDisk(unions: readonly (Union | undefined)[]): number[][] {
  const groups: { readonly disks: Set<bigint>; readonly members: number[] }[] = [];
  for (const [position, union] of unions.entries()) {
    const disks = union === undefined ? new Set<bigint>() : disksOf(union);
    const joined = groups.filter((group) => [...disks].some((disk) => group.disks.has(disk)));
    for (const group of joined) groups.splice(groups.indexOf(group), 1);
    groups.push({
      disks: new Set([...disks, ...joined.flatMap((group) => [...group.disks])]),
      members: [...joined.flatMap(({ members }) => members), position],
    });
  }
  return groups.map(({ members }) => members.sort((a, b) => a - b));
}

function disksOf({ branches }: Union): Set<bigint> {
  const disks = new Set<bigint>();
  for (const { path } of branches) {
    try {
      disks.add(stat(AT_FDCWD, path).dev);
    } catch (error) {
      // What is wrong with it is told when it is worked on.
      if (!isSysError(error)) throw error;
    }
  }
  return disks;
}
