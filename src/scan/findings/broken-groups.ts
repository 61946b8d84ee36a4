import type { Bytes } from '../../sys/bytes.js';
import { inodeKey } from '../../sys/inode-id.js';
import type { OverlayNames } from '../overlay/overlay-names.js';
import type { ReplacedName } from '../repair-action.js';
import type { Finding } from '../result.js';
import { list } from './shown-list.js';
import type { UnmarkedCopy } from './upper-copies.js';
import { upperSpot } from './upper-spot.js';

/**
 * Groups of lower hardlinks of which a name was copied up with `index=off`: the kernel leaves no mark then, so
 * that a file removed and made anew looks the same. What cannot be proved is a note.
 */
export function brokenGroups(
  copies: readonly UnmarkedCopy[],
  indexed: ReadonlySet<string>,
  shown: OverlayNames,
): Finding[] {
  const groups = new Map<string, UnmarkedCopy[]>();
  for (const copy of copies) {
    const group = groups.get(copy.key);
    if (group === undefined) groups.set(copy.key, [copy]);
    else group.push(copy);
  }
  return [...groups].flatMap(([key, unsorted]) => {
    const group = [...unsorted].sort((a, b) => (a.path < b.path ? -1 : 1));
    const aliases = (shown.byKey.get(key)?.missing.map(({ path }) => path) ?? []).sort();
    const inodes = new Map([...group].reverse().map((copy) => [inodeKey(copy), copy]));
    if (inodes.size < 2 && aliases.length === 0 && !indexed.has(key)) return [];
    // A flushed group of which all but one name were removed, and one made anew, has one such file too, but then no
    // lower name shows any more.
    const copies = [...inodes.values()].filter((copy) => copy.proved).length;
    const proved = copies > 1 || (copies === 1 && (aliases.length > 0 || indexed.has(key)));
    return [...inodes.values()].map((copy): Finding => {
      const others = group.filter((each) => inodeKey(each) !== inodeKey(copy));
      const rest = [...others.map(({ path }) => path), ...aliases].sort();
      return {
        code: 'broken-group',
        severity: proved ? 'warning' : 'note',
        path: copy.path,
        message: `${proved ? 'was torn off its hardlinks by a copy-up with index=off' : 'was copied up with index=off, or made anew'}: in the lower it is one file with ${rest.length === 0 ? 'the other names of an entry' : list(rest)}, and here another`,
        remedy: indexed.has(key)
          ? 'compare it with the other names of its group'
          : `plinkctl repair --unbreak PATH${others.length > 0 ? ' --rescue DIR' : ''}, if all are meant to have the content of this PATH`,
        safe: false,
        action: indexed.has(key)
          ? undefined
          : {
              kind: 'link',
              from: upperSpot(copy.path, copy),
              known: group.filter((each) => !others.includes(each)).map(({ path }) => path),
              to: aliases as Bytes[],
              replace: others.map(
                (other): ReplacedName => ({ ...upperSpot(other.path, other), same: false }),
              ),
              directories: shown.directories.list,
              consent: 'unbreak',
            },
      };
    });
  });
}
