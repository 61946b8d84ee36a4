import { HYDRATE_XATTR, TIMES_XATTR } from '../../src/scan/own-marks.js';
import { kernelLog } from '../support/kernel-log.js';
import { type OverlayPlace, whileMounted } from '../support/overlay-place.js';
import { byPath, snapshot, type Tree, type TreeEntry } from '../support/tree.js';
import { type Comparison, differences } from '../support/tree-diff.js';
import { indexed, unindexed } from './crash-scene.js';

/** What is seen of a union at rest: both ways the kernel can show it. */
export interface Views {
  readonly on: Tree;
  readonly off: Tree;
}

/**
 * Whatever overlayfs or the file system below may complain of; a replayed journal is no complaint, nor is what the
 * kernel says to anybody's question whether an upper is in use: a mount that it refuses for that fails anyway.
 */
export const complaint =
  /^overlay(fs)?: (?!workdir and upperdir must reside|(upper|work)dir is in-use)|EXT4-fs (error|warning)|JBD2: .*(error|corrupt)|XFS .*(corrupt|error|bad|assert)|BTRFS (error|critical|warning)|Buffer I\/O error/i;

export function viewsOf(place: OverlayPlace): Views {
  return {
    on: whileMounted(place, indexed, ({ root }) => snapshot(root)),
    off: whileMounted(place, unindexed, ({ root }) => snapshot(root)),
  };
}

/** The same, with one line for each complaint of the kernel in front. */
export function lookAt(place: OverlayPlace): { readonly views: Views; readonly log: string[] } {
  let views: Views = { on: [], off: [] };
  const log = kernelLog(() => {
    views = viewsOf(place);
  }, complaint);
  return { views, log: log.map((line) => `kernel: ${line}`) };
}

/**
 * What an interrupted run may not have changed. The mount with its index shows the very same tree; what a run owes
 * a directory or a file (times, and the capability of a file that is being filled) may be owed still, as long as
 * the mark that says so is there.
 */
export function lossesBetween(before: Views, now: Views): string[] {
  const on = differences(before.on, now.on.map(withoutOwnMarks), sparingOwed(now.on));
  return [...on, ...offLosses(before, now)];
}

/** A comparison with a tree as it is now that lets pass what a stopped run owes and says so. */
export function sparingOwed(now: Tree): Comparison {
  const entries = byPath(now);
  return {
    ignore: ['inode', 'ctime', 'blocks'],
    unless: (fact, { kind, path }) => {
      if (kind === 'directory' && (fact === 'size' || fact === 'nlink')) return true;
      const marks = entries.get(path)?.xattrs ?? '';
      const timesOwed = marks.includes(TIMES_XATTR) || marks.includes(HYDRATE_XATTR);
      if ((fact === 'atime' || fact === 'mtime') && timesOwed) return true;
      return fact === 'xattrs' && marks.includes(HYDRATE_XATTR);
    },
  };
}

// Without the index a name shows the old lower file until it is linked, and the right one from then on.
function offLosses({ on, off }: Views, now: Views): string[] {
  const [old, right, is] = [byPath(off), byPath(on), byPath(now.off)];
  const lines: string[] = [];
  for (const { path, content } of off) {
    const seen = is.get(path)?.content;
    if (seen !== content && seen !== right.get(path)?.content) lines.push(`index=off: ${path}: ${seen}`);
  }
  for (const path of is.keys()) if (!old.has(path)) lines.push(`index=off: ${path}: new`);
  return lines;
}

/** As if no run had been stopped. */
export function withoutOwnMarks(entry: TreeEntry): TreeEntry {
  const xattrs = entry.xattrs
    .split('\n')
    .filter((line) => !line.startsWith('trusted.plinkctl.'))
    .join('\n');
  return { ...entry, xattrs };
}
