import { ascii, type Bytes } from '../../sys/bytes.js';
import { handleOf } from '../../sys/handle.js';
import { namesIn } from '../../sys/record-names.js';
import { getXattr, getXattrFd } from '../../sys/xattr.js';
import { encodeOverlayHandle, parseOverlayHandle } from '../../union/overlay-handle.js';
import { type OverlayRules, overlayRules } from '../../union/overlay-rules.js';
import type { OverlayUnion } from '../../union/union.js';
import type { LayerDirectory } from '../../union/view-rules.js';
import { mayTellLate, searchLate } from '../hints/ask-hints.js';
import type { LateSearch } from '../hints/name-hints.js';
import { isOwnTemporary, RUNNING_XATTR } from '../own-marks.js';
import type { ScanResult } from '../result.js';
import type { ScanOptions } from '../scan-options.js';
import { runWalk } from '../walk/run-walk.js';
import { isAlone, type SharedWalk, shareWalk } from '../walk/share-walk.js';
import { type SoughtInode, timesMet, type UnindexedFile } from './entry-names.js';
import { LikelyPlaces } from './likely-places.js';
import { lowerLinks } from './lower-links.js';
import { Origins } from './origin-state.js';
import { overlayFindings } from './overlay-findings.js';
import { originInName, type RawIndexEntry, readOverlayIndex } from './overlay-index.js';
import { type OverlayLayers, openOverlayLayers } from './overlay-layers.js';
import { OverlayNames } from './overlay-names.js';
import { classify } from './overlay-states.js';

/** Scans an overlay: entries by name, upper names by inode, lower names by file handle. */
export async function scanOverlay(union: OverlayUnion, options: ScanOptions): Promise<ScanResult> {
  const overlay = openOverlayLayers(union);
  let helpers: Helpers = {};
  try {
    const names = overlay.index === undefined ? [] : namesIn(overlay.index);
    helpers = helpersFor(union, overlay, names, options);
    const raw = overlay.index === undefined ? [] : readOverlayIndex(overlay.index, overlay.prefix, names);
    return await scanLayers(union, overlay, raw, options, helpers);
  } finally {
    await helpers.search?.end();
    await helpers.sharing?.end();
    overlay.close();
  }
}

/** What other threads do. */
interface Helpers {
  readonly sharing?: SharedWalk | undefined;
  readonly search?: LateSearch | undefined;
}

/** Entries that are worth a thread: to read them and to walk their upper names takes as long as one to be up. */
const WORTH_A_THREAD = 500;

function helpersFor(
  union: OverlayUnion,
  overlay: OverlayLayers,
  names: readonly Bytes[],
  options: ScanOptions,
): Helpers {
  if (options.threads === 1) return {};
  const begin = names.length >= WORTH_A_THREAD && !isAlone();
  const sharing = shareWalk({ union, ways: options.ways ?? {} }, overlay.lowers, names.length);
  if (!begin) return { sharing };
  // Where somebody may tell late where names are, there will be no walk to be shared before.
  if (!mayTellLate(overlay.lowers, names.length, options)) {
    sharing?.begin();
    return { sharing };
  }
  const origins = names.map(originInName).filter((origin) => origin !== undefined);
  return { sharing, search: searchLate(overlay.lowers, origins, options, true) };
}

async function scanLayers(
  union: OverlayUnion,
  overlay: OverlayLayers,
  raw: readonly RawIndexEntry[],
  options: ScanOptions,
  { sharing, search }: Helpers,
): Promise<ScanResult> {
  const rules = rulesFor(union, overlay);
  const owed = getXattr(overlay.upper.root, ascii(''), RUNNING_XATTR) !== undefined;
  const inspect = options.thorough === true || owed;
  const sought = soughtKeys(raw);
  const found = new OverlayNames(overlay, rules, sought, inspect);
  const origins = new Origins(overlay);
  const places = new LikelyPlaces(overlay, rules, sought.size, options, search);
  found.expect((key) => origins.linksOf(key), places);
  const progress = { directories: 0, names: 0 };
  if (inspect || found.byKey.size > 0) {
    sharing?.seek({ sought, inspect, lowerInodes: found.lowerInodes }, (theirs) => found.merge(theirs));
    await runWalk(overlay.layers.roots, rules, found, options, progress, sharing);
    await places.learn(found.byKey);
  }
  const nowhere = await inNoLower(union, raw, found, origins, options);
  const unindexed = await splitUnindexed(overlay, rules, found.upper.unindexed, origins, options);
  const entries = raw.map((entry) =>
    classify(entry, {
      found: found.byKey.get(entry.name),
      origin: origins.of(entry, found.byKey.get(entry.name)),
      unreadable: found.unreadable,
      inNoLower: nowhere.has(entry.name),
      blocked: overlay.blocked,
    }),
  );
  const result: ScanResult = {
    union,
    entries,
    directories: found.directories.list,
    findings: [],
    unreadable: found.unreadable,
    blocked: overlay.blocked,
    leftovers: {
      running: owed,
      temporaries: raw
        .filter(({ type, name }) => type === 'temporary' && isOwnTemporary(name))
        .map(({ name }) => ({ branch: 0, name })),
      times: found.upper.owedTimes.map((path) => ({ branch: 0, path })),
      marks: owed ? [...unindexed.flushed.map(({ path }) => path), ...found.upper.counted] : [],
    },
    nfsExport:
      union.options.nfsExport === true || raw.some(({ type }) => type === 'whiteout' || type === 'directory'),
    walked: progress,
  };
  const detached = [...found.byKey].flatMap(([key, { twins }]) => twins.map((path) => ({ path, key })));
  const seen = { overlay, raw, rules, detached, unindexed: unindexed.visible };
  return { ...result, findings: await overlayFindings(result, seen, options) };
}

/**
 * Entries whose lower file exists on the file system, and in none of the given lowers: not even hidden below a
 * whiteout or an opaque directory. A handle opens wherever the file is, so only its names tell that a lower was
 * left out.
 */
async function inNoLower(
  union: OverlayUnion,
  raw: readonly RawIndexEntry[],
  { byKey, unreadable }: OverlayNames,
  origins: Origins,
  options: ScanOptions,
): Promise<ReadonlySet<Bytes>> {
  const unmet = raw
    .filter((entry) => {
      const found = byKey.get(entry.name);
      if (entry.type !== 'file' || found === undefined || timesMet(found) > 0) return false;
      return origins.of(entry, found).exists === true;
    })
    .map(({ name }) => name);
  if (unmet.length === 0 || unreadable.length > 0) return new Set();
  const met = await lowerLinks(union, unmet, options);
  return new Set(unmet.filter((name) => !met.has(name)));
}

function soughtKeys(raw: readonly RawIndexEntry[]): Map<string, SoughtInode | undefined> {
  const sought = new Map<string, SoughtInode | undefined>();
  for (const { name, type, inode } of raw) {
    if (type === 'file') sought.set(name, inode);
    if (type === 'whiteout') sought.set(name, undefined);
  }
  return sought;
}

/** The merged-view rules of an opened overlay. */
export function rulesFor(union: OverlayUnion, overlay: OverlayLayers): OverlayRules {
  return overlayRules({
    prefix: overlay.prefix,
    noFollow: union.options.redirectDir === 'nofollow',
    roots: overlay.layers.roots,
    traps: overlay.traps,
    merges: union.options.nfsExport === true ? (upper, lower) => merges(overlay, upper, lower) : undefined,
  });
}

function merges(overlay: OverlayLayers, upper: LayerDirectory, lower: LayerDirectory): boolean {
  const origin = getXattrFd(upper.fd, `${overlay.prefix}origin`);
  const layer = overlay.lowers.find(({ branch }) => branch === lower.layer.branch);
  const handle = handleOf(lower.fd, ascii(''));
  // The kernel writes a missing origin itself, and merges.
  if (origin === undefined || layer?.uuid === undefined || handle === undefined) return true;
  return encodeOverlayHandle({ upper: false, uuid: layer.uuid, handle }).equals(origin);
}

/**
 * Splits upper files whose origin has no entry: those whose origin no lower name shows any more, as a flush leaves
 * them that was stopped before its last step, and those whose entry was lost while other names show the old file.
 */
async function splitUnindexed(
  overlay: OverlayLayers,
  rules: OverlayRules,
  unindexed: readonly UnindexedFile[],
  origins: Origins,
  options: ScanOptions,
): Promise<{ flushed: UnindexedFile[]; visible: UnindexedFile[] }> {
  const sought = new Map<string, SoughtInode | undefined>();
  for (const { key, hasNlink } of unindexed) {
    if (hasNlink && typeof parseOverlayHandle(Buffer.from(key, 'hex')) !== 'string')
      sought.set(key, undefined);
  }
  if (sought.size === 0) return { flushed: [], visible: [] };
  const found = new OverlayNames(overlay, rules, sought, false);
  found.expect((key) => origins.linksOf(key), new LikelyPlaces(overlay, rules, sought.size, options));
  await runWalk(overlay.layers.roots, rules, found, options);
  const marked = unindexed.filter(({ key }) => sought.has(key));
  const shown = ({ key }: UnindexedFile): boolean => (found.byKey.get(key)?.missing.length ?? 0) > 0;
  return {
    flushed: found.unreadable.length > 0 ? [] : marked.filter((file) => !shown(file)),
    visible: marked.filter(shown),
  };
}
