import { type Bytes, baseOf, componentsOf, parentOf } from '../sys/bytes.js';
import { type InodeId, sameInode } from '../sys/inode-id.js';
import { S_IFMT, type Stat } from '../sys/stat.js';
import { isSysError } from '../sys/sys-error.js';
import { AUFS_NAME_MAX } from '../union/aufs-names.js';
import { aufsRules } from '../union/aufs-rules.js';
import type { OverlayUnion } from '../union/union.js';
import type { Layer, Stack, ViewRules } from '../union/view-rules.js';
import { isAllSeen, LowerPlinkNames } from './aufs/lower-plink-names.js';
import { lackingDirectories, type NameFate, nameFate } from './name-fate.js';
import { openLayers } from './open-layers.js';
import { openOverlayLayers } from './overlay/overlay-layers.js';
import { rulesFor } from './overlay/overlay-scan.js';
import type { IndexEntry, MissingDirectory, ScanResult, Unreadable } from './result.js';
import type { ScanOptions } from './scan-options.js';
import { runWalk } from './walk/run-walk.js';

/** An entry with the names that a person gave it, as far as the branches bear him out. */
export interface MappedEntry {
  readonly entry: IndexEntry;
  /** Names to be linked, sorted. */
  readonly link: readonly Bytes[];
  readonly directories: readonly MissingDirectory[];
  /** Why it cannot be as he says; undefined where nothing speaks against it. */
  readonly refusal: string | undefined;
  /** Why the entry must stay though its names are linked. */
  readonly obstacle: string | undefined;
}

const askable: readonly IndexEntry['state'][] = ['ambiguous', 'damaged', 'orphan'];

/**
 * Compares what a person says of entries with the branches: every name must be free, the entry's own, or one name
 * of one and the same lower file of the entry's type. Reads only.
 */
export async function mappedEntries(
  scan: ScanResult,
  map: ReadonlyMap<IndexEntry, readonly Bytes[]>,
  options: ScanOptions,
): Promise<MappedEntry[]> {
  const view = openView(scan);
  try {
    const mapped: MappedEntry[] = [];
    for (const [entry, names] of map) mapped.push(await mapOne(view, scan, entry, names, options));
    return mapped.map((each) => withoutRivals(each, mapped));
  } finally {
    view.close();
  }
}

/** A name can show one file: given to two entries it says nothing of either. */
function withoutRivals(own: MappedEntry, all: readonly MappedEntry[]): MappedEntry {
  const rivals = all.filter(({ entry }) => entry !== own.entry && !sameInode(entry.inode, own.entry.inode));
  const twice = own.link.find((path) => rivals.some(({ link }) => link.includes(path)));
  return twice === undefined ? own : { ...own, link: [], refusal: `/${twice} is given to two entries` };
}

interface View {
  readonly all: readonly Layer[];
  readonly roots: Stack;
  readonly rules: ViewRules;
  close(): void;
}

function openView({ union }: ScanResult): View {
  if (union.format === 'aufs') {
    const { all, roots, close } = openLayers(union);
    return { all, roots, rules: aufsRules, close };
  }
  const overlay = openOverlayLayers(union);
  const { all, roots } = overlay.layers;
  return { all, roots, rules: rulesFor(union satisfies OverlayUnion, overlay), close: () => overlay.close() };
}

async function mapOne(
  view: View,
  scan: ScanResult,
  entry: IndexEntry,
  names: readonly Bytes[],
  options: ScanOptions,
): Promise<MappedEntry> {
  const refuse = (refusal: string): MappedEntry => {
    return { entry, link: [], directories: [], refusal, obstacle: undefined };
  };
  if (!askable.includes(entry.state)) return refuse(`it is ${entry.state}: nothing is left to be said of it`);
  if (entry.overlay?.metacopy !== undefined) return refuse('its data is a lower file: nothing tells which');
  const link: Bytes[] = [];
  let lower: (InodeId & { readonly branch: number }) | undefined;
  for (const path of [...new Set(names)].sort()) {
    const judged = judgeName(view, entry, path, lower);
    if (typeof judged === 'string') return refuse(`/${path} ${judged}`);
    if (judged.link) link.push(path);
    lower = judged.lower ?? lower;
  }
  if (entry.names.length + link.length === 0) return refuse('no name is given to it');
  const seen = new Map<Bytes, MissingDirectory>();
  for (const path of link) {
    for (const each of lackingDirectories(view.roots, view.rules, parentOf(path), entry.branch))
      seen.set(each.path, each);
  }
  return {
    entry,
    link,
    directories: [...seen.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    refusal: undefined,
    obstacle:
      scan.union.format === 'aufs' && lower !== undefined
        ? await lowerObstacle(view, lower, link, options)
        : (notGiven(forgottenOf(entry, link)) ?? hiddenBy(scan.unreadable)),
  };
}

type Judged = { readonly link: boolean; readonly lower: (InodeId & { readonly branch: number }) | undefined };

/** What speaks against a name, as the rest of a sentence, or what it is. */
function judgeName(
  { roots, rules, all }: View,
  entry: IndexEntry,
  path: Bytes,
  known: (InodeId & { readonly branch: number }) | undefined,
): Judged | string {
  if (componentsOf(path).some((name) => rules.hidden?.(name) === true)) return 'is no name that aufs shows';
  if (entry.aufs !== undefined && baseOf(path).length > AUFS_NAME_MAX) return 'is longer than aufs can show';
  let fate: NameFate;
  try {
    fate = nameFate(roots, rules, path);
  } catch (error) {
    if (isSysError(error, 'ENOKEY')) return 'is in a directory that is encrypted and locked: unlock it';
    throw error;
  }
  if (fate.is === 'hidden') return 'was removed through the union: a whiteout hides it';
  if (fate.is === 'absent') {
    return fate.parent === 'gone' ? 'is in a directory that is not there' : { link: true, lower: undefined };
  }
  const { stat, at } = fate;
  if (all[at.branch]?.role === 'upper') {
    if (at.branch === entry.branch && sameInode(stat, entry.inode)) return { link: false, lower: undefined };
    return 'is another file on the upper branch already';
  }
  if (at.branch < entry.branch) return 'lies in a branch above that of the entry';
  if (!sameType(stat, entry)) return `is of another type: the entry is a ${entry.kind}`;
  if (known !== undefined && (known.branch !== at.branch || !sameInode(known, stat))) {
    return 'is another lower file than the names before it';
  }
  return { link: true, lower: { dev: stat.dev, ino: stat.ino, branch: at.branch } };
}

const sameType = (s: Stat, { inode }: IndexEntry): boolean => (s.mode & S_IFMT) === (inode.mode & S_IFMT);

/** What of the lower file itself speaks against letting the entry go: a name of it that is not given, or may not be. */
async function lowerObstacle(
  view: View,
  lower: InodeId & { readonly branch: number },
  given: readonly Bytes[],
  options: ScanOptions,
): Promise<string | undefined> {
  const names = new LowerPlinkNames(view.all, [{ ...lower, upper: undefined }]);
  await runWalk(view.roots, view.rules, names, options);
  const found = names.of(lower);
  const visible = found?.visible.map(({ path }) => path) ?? [];
  return (
    notGiven(visible.filter((path) => !given.includes(path))) ??
    (isAllSeen(found) ? undefined : hiddenBy(names.unreadable))
  );
}

/** The rest of the names that the scan knows of, where a person gave some of them. */
function forgottenOf({ missing }: IndexEntry, given: readonly Bytes[]): Bytes[] {
  const known = missing.map(({ path }) => path);
  return known.some((path) => given.includes(path)) ? known.filter((path) => !given.includes(path)) : [];
}

/** Such names would fall back to their old content. */
function notGiven(names: readonly Bytes[]): string | undefined {
  if (names.length === 0) return undefined;
  return `the lower file shows as ${names.map((path) => `/${path}`).join(', ')} too: give it that name as well, or remove that name`;
}

function hiddenBy([first]: readonly Unreadable[]): string | undefined {
  return first && `cannot look into /${first.path}, which may hold a name of it (${first.code})`;
}
