import { type Bytes, baseOf, parentOf } from '../../sys/bytes.js';
import { inodeKey, inodeOf } from '../../sys/inode-id.js';
import { withFd } from '../../sys/open.js';
import { S_IFMT, statIfThere } from '../../sys/stat.js';
import { openLongPath } from '../../union/open-layer-directory.js';
import { parseOverlayHandle } from '../../union/overlay-handle.js';
import { LikelyPlaces } from '../overlay/likely-places.js';
import { Origins } from '../overlay/origin-state.js';
import type { OverlayLayers } from '../overlay/overlay-layers.js';
import { OverlayNames } from '../overlay/overlay-names.js';
import type { OverlaySeen } from '../overlay/overlay-seen.js';
import type { Finding, ScanResult } from '../result.js';
import type { ScanOptions } from '../scan-options.js';
import { runWalk } from '../walk/run-walk.js';
import { brokenGroups } from './broken-groups.js';
import { sameFile } from './same-data.js';
import { list } from './shown-list.js';
import { type MarkedCopy, UpperCopies } from './upper-copies.js';
import { upperSpot } from './upper-spot.js';

/** What is to be said of upper files that belong to a group of hardlinks and are no link of an index entry. */
export async function lostGroupFindings(
  result: ScanResult,
  { overlay, rules, detached, unindexed }: OverlaySeen,
  options: ScanOptions,
): Promise<Finding[]> {
  const copies = new UpperCopies(overlay);
  await runWalk(overlay.layers.roots, rules, copies, options);
  const indexed = new Set<string>(result.entries.map(({ name }) => name));
  const sought = new Map<string, undefined>();
  for (const { key } of [...copies.marked, ...copies.unmarked]) {
    const origin = parseOverlayHandle(Buffer.from(key, 'hex'));
    if (!indexed.has(key) && typeof origin !== 'string') sought.set(key, undefined);
  }
  const shown = new OverlayNames(overlay, rules, sought, false);
  const origins = new Origins(overlay);
  shown.expect((key) => origins.linksOf(key), new LikelyPlaces(overlay, rules, sought.size, options));
  if (sought.size > 0) await runWalk(overlay.layers.roots, rules, shown, options);
  const lost = new Set(unindexed.map(({ path }) => path));
  return [
    ...detached.flatMap((twin) => detachedTwin(twin, result, overlay)),
    ...indexMissing(copies.marked.filter(({ path }) => lost.has(path))),
    ...copies.marked.filter(({ path, key }) => !lost.has(path) && !indexed.has(key)).flatMap(uncovered),
    ...brokenGroups(copies.unmarked, indexed, shown),
    ...foreignOrigins(copies.marked, overlay),
  ];

  function uncovered(copy: MarkedCopy): Finding[] {
    const aliases = (shown.byKey.get(copy.key)?.missing.map(({ path }) => path) ?? []).sort();
    if (aliases.length === 0) return [];
    return [
      {
        code: 'uncovered-origin',
        severity: 'error',
        path: copy.path,
        message: `the lower file it was copied from is visible again as ${list(aliases)}: whichever is looked up second fails with ESTALE, or both show one content`,
        remedy: 'plinkctl repair -y: the file forgets where it was copied from, both contents stay',
        safe: true,
        action: {
          kind: 'remove-attribute',
          at: upperSpot(copy.path, copy),
          attribute: `${overlay.prefix}origin`,
          consent: 'safe',
        },
      },
    ];
  }
}

function detachedTwin(
  { path, key }: OverlaySeen['detached'][number],
  { entries }: ScanResult,
  { upper, index }: OverlayLayers,
): Finding[] {
  const entry = entries.find(({ name }) => name === key);
  if (entry === undefined || index === undefined || entry.state === 'whiteout') return [];
  return withFd(openLongPath(upper.root, parentOf(path)), (dirfd) => {
    const name = baseOf(path);
    const twin = statIfThere(dirfd, name);
    const original = statIfThere(index, entry.name);
    if (twin === undefined || original === undefined) return [];
    const typed = (twin.mode & S_IFMT) === (original.mode & S_IFMT);
    const same = sameFile({ dirfd, name }, { dirfd: index, name: entry.name });
    return [
      {
        code: 'detached-twin',
        severity: 'warning' as const,
        path,
        message: `carries the origin of an index entry but is another file${same ? ' with the same content' : ''}: it no longer changes with its group`,
        remedy: same
          ? 'plinkctl repair --rejoin, if it is meant to be the same file'
          : 'plinkctl repair --rejoin --rescue DIR on a terminal: a person must say which content is right',
        safe: false,
        action: typed
          ? {
              kind: 'link' as const,
              from: { in: 'index' as const, branch: 0, path: entry.name, inode: inodeOf(original) },
              known: [],
              to: [],
              replace: [{ ...upperSpot(path, twin), same }],
              directories: [],
              consent: same ? ('rejoin' as const) : ('decide' as const),
            }
          : undefined,
      },
    ];
  });
}

function indexMissing(copies: readonly MarkedCopy[]): Finding[] {
  const inodes = new Map<string, Set<string>>();
  for (const copy of copies) inodes.set(copy.key, (inodes.get(copy.key) ?? new Set()).add(inodeKey(copy)));
  const told = new Set<string>();
  return copies.flatMap((copy): Finding[] => {
    if (told.has(inodeKey(copy))) return [];
    told.add(inodeKey(copy));
    const alone = inodes.get(copy.key)?.size === 1;
    return [
      {
        code: 'index-missing',
        severity: 'warning',
        path: copy.path,
        message: `its index entry is lost: the other names of its group show the old content${alone ? '' : ', and more than one upper file claims the entry'}`,
        remedy: alone
          ? 'plinkctl repair --rejoin, if they are meant to be the same file'
          : 'compare them, and link the right one by hand',
        safe: false,
        action: alone
          ? { kind: 'enter', at: upperSpot(copy.path, copy), entry: copy.key as Bytes, consent: 'rejoin' }
          : undefined,
      },
    ];
  });
}

function foreignOrigins(copies: readonly MarkedCopy[], overlay: OverlayLayers): Finding[] {
  const lowers = overlay.lowers.filter(({ role }) => role === 'lower');
  if (lowers.some(({ uuid }) => uuid === undefined)) return [];
  return copies.flatMap(({ path, key }): Finding[] => {
    const origin = parseOverlayHandle(Buffer.from(key, 'hex'));
    if (typeof origin !== 'string' && lowers.some(({ uuid }) => uuid?.equals(origin.uuid))) return [];
    return [
      {
        code: 'foreign-origin',
        severity: 'note',
        path,
        message:
          'was copied up from a file system that none of the lowers is on: its inode number will change',
        remedy: 'none needed',
        safe: true,
      },
    ];
  });
}
