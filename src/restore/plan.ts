import { Problem } from '../problem.js';
import type { IndexEntry, MissingDirectory, ScanResult } from '../scan/result.js';
import { type Bytes, parentOf } from '../sys/bytes.js';
import { formatOverlayNlink, parseOverlayNlink, unionNlink } from '../union/overlay-nlink.js';
import type { EntryPlan, KeptEntry, Plan } from './plan-types.js';

/**
 * Decides what a run will do. Pure: the same scan gives the same plan.
 *
 * @throws Problem operational where nothing may be written to the union at all
 */
export function plan(scan: ScanResult, goal: Plan['goal']): Plan {
  if (scan.blocked !== undefined) {
    const { code, message, remedy } = scan.blocked;
    throw new Problem('operational', code, message, { path: scan.union.branches[0]?.path, hint: remedy });
  }
  const entries: EntryPlan[] = [];
  const kept: KeptEntry[] = [];
  for (const entry of scan.entries) {
    const decided = decide(entry, scan, goal);
    if ('reason' in decided) kept.push(decided);
    else entries.push(decided);
  }
  return {
    union: scan.union,
    goal,
    directories: neededDirectories(scan.directories, entries),
    entries,
    kept,
    leftovers: scan.leftovers,
  };
}

function decide(entry: IndexEntry, scan: ScanResult, goal: Plan['goal']): EntryPlan | KeptEntry {
  const keep = (reason: string, attention: boolean): KeptEntry => ({ entry, reason, attention });
  switch (entry.state) {
    case 'restorable':
    case 'complete':
    case 'stale':
      return entry.aufs === undefined ? overlayPlan(entry, scan, goal) : aufsPlan(entry, goal);
    case 'temporary':
      return keep(entry.reason ?? 'temporary', false);
    case 'directory':
      return keep(entry.reason ?? "nfs_export's own", false);
    case 'whiteout':
      return keep(entry.reason ?? "nfs_export's own", entry.missing.length > 0);
    default:
      return keep(entry.reason ?? entry.state, true);
  }
}

/** Every link of the inode is the entry, a name that was seen, or one about to be made. */
function linksAfter(entry: IndexEntry): number {
  return 1 + entry.names.length + entry.missing.length;
}

function overlayPlan(entry: IndexEntry, scan: ScanResult, goal: Plan['goal']): EntryPlan | KeptEntry {
  const facts = entry.overlay;
  if (facts === undefined) throw new Error('an overlay entry without its facts');
  const link = entry.missing.map(({ path }) => path);
  const all = entry.names.length + link.length;
  const { lowerNlink } = facts;
  const links = entry.inode.nlink + link.length;
  const count = facts.accounted ? all : shownCount(entry);
  if (count === undefined) {
    return {
      entry,
      attention: true,
      reason: entry.reason ?? 'its link count cannot be told: a directory is unreadable',
    };
  }
  const after = formatOverlayNlink('U', count - links);
  const before =
    link.length > 0 && lowerNlink !== undefined && lowerNlink > 1
      ? formatOverlayNlink('L', count - lowerNlink)
      : undefined;
  const obstacle = goal === 'flush' ? flushObstacle(entry, scan, all) : undefined;
  const remove = goal === 'flush' && obstacle === undefined;
  // The L form tells the right count as well, and a flush takes the attribute away in the end.
  const counted = remove && before !== undefined ? true : link.length === 0 && facts.nlinkXattr === after;
  if (link.length === 0 && !remove && facts.nlinkXattr === after) {
    return { entry, reason: obstacle ?? 'every name is there', attention: obstacle !== undefined };
  }
  return {
    entry,
    link,
    nlinkBefore: before,
    nlinkAfter: counted ? undefined : after,
    hydrate: remove && facts.metacopy !== undefined,
    remove,
    obstacle,
    linksAfter: linksAfter(entry),
  };
}

/** The union's link count as the kernel has it, which must not sink while names may be hidden from us. */
function shownCount({ overlay, inode }: IndexEntry): number | undefined {
  const nlink = parseOverlayNlink(overlay?.nlinkXattr);
  return nlink === undefined ? undefined : unionNlink(nlink, inode.nlink, overlay?.lowerNlink);
}

function flushObstacle(entry: IndexEntry, scan: ScanResult, all: number): string | undefined {
  if (scan.nfsExport) return 'nfs_export is in use: its exported handles would die with the entry';
  if (entry.overlay?.accounted === false)
    return entry.reason ?? 'an unreadable directory may hold a name of it';
  if (entry.inode.nlink !== 1 + entry.names.length) {
    return `the inode has links outside the upper (${entry.inode.nlink} in all, ${entry.names.length} names seen)`;
  }
  if (entry.overlay?.metacopy === 'verity') {
    return 'its data is the lower file, checked by an fs-verity digest: give it data of its own by writing to it';
  }
  if (entry.overlay?.metacopy === 'layered') {
    return 'its data is two layers down, below another metadata-only copy: give it data of its own by writing to it';
  }
  if (entry.overlay?.metacopy !== undefined && entry.overlay.originExists !== true) {
    return 'its data is the lower file, and that cannot be opened by its handle';
  }
  if (all === 0) return 'no name is there';
  return undefined;
}

function aufsPlan(entry: IndexEntry, goal: Plan['goal']): EntryPlan | KeptEntry {
  const link = entry.missing.map(({ path }) => path);
  const obstacle =
    entry.inode.nlink === 1 + entry.names.length
      ? entry.aufs?.obstacle
      : `the inode has links that no name of the branch accounts for (${entry.inode.nlink} in all)`;
  const remove = goal === 'flush' && obstacle === undefined && entry.names.length + link.length > 0;
  if (link.length === 0 && !remove) {
    return {
      entry,
      reason: obstacle ?? 'every name is there',
      attention: goal === 'flush' && obstacle !== undefined,
    };
  }
  return {
    entry,
    link,
    nlinkBefore: undefined,
    nlinkAfter: undefined,
    hydrate: false,
    remove,
    obstacle: goal === 'flush' ? obstacle : undefined,
    linksAfter: linksAfter(entry),
  };
}

function neededDirectories(
  all: readonly MissingDirectory[],
  entries: readonly EntryPlan[],
): MissingDirectory[] {
  const needed = new Set<Bytes>();
  for (const { link } of entries) {
    for (const path of link) {
      for (let at = parentOf(path); at !== '' && !needed.has(at); at = parentOf(at)) needed.add(at);
    }
  }
  return all.filter(({ path }) => needed.has(path));
}
