import type { Bytes } from '../../sys/bytes.js';
import { inodeKey } from '../../sys/inode-id.js';
import type { LowerNames } from '../aufs/lower-plink-names.js';
import type { MissingDirectories } from '../missing-directories.js';
import type { SeenSpot } from '../repair-action.js';
import type { Finding } from '../result.js';
import type { CopiedGroup, CopiedName } from './aufs-tree.js';
import { list } from './shown-list.js';

/** A group with the lower names of it that still show. */
export interface SplitGroup extends CopiedGroup {
  readonly shown: LowerNames | undefined;
  /** A pseudo-link is there that stands for it: what that one mends is told with it. */
  readonly linked: boolean;
}

/**
 * Groups that are one file in the lower branch and several in the union: what a flush by other tools leaves of a
 * pseudo-link that it did not understand. Two files saved anew by an editor look the same, so without an unchanged
 * copy among them it is a note.
 */
export function splitGroups(
  groups: readonly SplitGroup[],
  directoriesOf: (branch: number) => MissingDirectories,
): Finding[] {
  return groups.flatMap(({ names: unsorted, shown, linked }) => {
    const names = [...unsorted].sort((a, b) => (a.path < b.path ? -1 : 1));
    const visible = linked ? [] : (shown?.visible.map(({ path }) => path) ?? []);
    const inodes = new Map([...names].reverse().map((name) => [`${name.branch}/${inodeKey(name)}`, name]));
    if (inodes.size < 2 && visible.length === 0) return [];
    // After a flush, a name removed and made anew leaves one such file too, but then no lower name shows any more.
    const copies = [...inodes.values()].filter(({ unchanged }) => unchanged).length;
    const told = copies > 1 || (copies === 1 && (visible.length > 0 || linked));
    const oneBranch = new Set(names.map(({ branch }) => branch)).size === 1;
    return [...inodes.values()].map((name): Finding => {
      const others = names.filter((each) => inodeKey(each) !== inodeKey(name) || each.branch !== name.branch);
      const rest = [...others.map(({ path }) => path), ...visible].sort();
      return {
        code: 'split-group',
        severity: told ? 'warning' : 'note',
        path: name.path,
        message: `${list(rest)} ${rest.length === 1 ? 'is' : 'are'} one file with it in the lower branch, and another in the union: a pseudo-link was lost, or they were made anew`,
        remedy: linked
          ? 'plinkctl flush, and then compare them'
          : `plinkctl repair --unbreak PATH${others.length > 0 ? ' --rescue DIR' : ''}, if all are meant to have the content of this PATH`,
        safe: false,
        action:
          oneBranch && !linked
            ? {
                kind: 'link',
                from: spotOf(name),
                known: names.filter((each) => !others.includes(each)).map(({ path }) => path),
                to: visible as Bytes[],
                replace: others.map((other) => ({ ...spotOf(other), same: false })),
                directories: directoriesOf(name.branch).list,
                consent: 'unbreak',
              }
            : undefined,
      };
    });
  });
}

function spotOf({ path, branch, dev, ino }: CopiedName): SeenSpot {
  return { in: 'branch', branch, path, inode: { dev, ino } };
}
