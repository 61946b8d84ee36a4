import { ascii, type Bytes } from '../../sys/bytes.js';
import { type Handle, handleOf, openByHandle } from '../../sys/handle.js';
import { close, O_NOFOLLOW, O_PATH } from '../../sys/open.js';
import { isRegular, stat } from '../../sys/stat.js';
import { isSysError } from '../../sys/sys-error.js';
import { getXattr, getXattrFd } from '../../sys/xattr.js';
import { encodeOverlayHandle, parseOverlayHandle } from '../../union/overlay-handle.js';
import { type OverlayRules, overlayRules } from '../../union/overlay-rules.js';
import type { OverlayUnion } from '../../union/union.js';
import type { LayerDirectory } from '../../union/view-rules.js';
import { isOwnTemporary, RUNNING_XATTR } from '../own-marks.js';
import type { ScanResult } from '../result.js';
import type { ScanOptions } from '../scan.js';
import { runWalk } from '../walk/run-walk.js';
import { shareWalk } from '../walk/share-walk.js';
import { LikelyPlaces } from './likely-places.js';
import { lowerLinks } from './lower-links.js';
import { overlayFindings } from './overlay-findings.js';
import { type RawIndexEntry, readOverlayIndex } from './overlay-index.js';
import { type HandleLayer, type OverlayLayers, openOverlayLayers } from './overlay-layers.js';
import { OverlayNames, type SoughtInode, type UnindexedFile } from './overlay-names.js';
import { classify, type OriginState } from './overlay-states.js';

/** Scans an overlay: entries by name, upper names by inode, lower names by file handle. */
export async function scanOverlay(union: OverlayUnion, options: ScanOptions): Promise<ScanResult> {
  const overlay = openOverlayLayers(union);
  try {
    return await scanLayers(union, overlay, options);
  } finally {
    overlay.close();
  }
}

async function scanLayers(
  union: OverlayUnion,
  overlay: OverlayLayers,
  options: ScanOptions,
): Promise<ScanResult> {
  const raw = overlay.index === undefined ? [] : readOverlayIndex(overlay.index, overlay.prefix);
  const rules = rulesFor(union, overlay);
  const owed = getXattr(overlay.upper.root, ascii(''), RUNNING_XATTR) !== undefined;
  const inspect = options.thorough === true || owed;
  const sought = soughtKeys(raw);
  const found = new OverlayNames(overlay, rules, sought, inspect);
  const origins = new Map(raw.map((entry) => [entry.name, originState(overlay, entry)]));
  const places = new LikelyPlaces(overlay, rules, options);
  found.expect(expectedLinks(origins, found), places);
  const progress = { directories: 0, names: 0 };
  if (inspect || found.byKey.size > 0) {
    const sharing =
      options.threads === 1
        ? undefined
        : shareWalk({ union, sought, inspect, ways: options.ways ?? {} }, (theirs) => found.merge(theirs));
    await runWalk(overlay.layers.roots, rules, found, options, progress, sharing);
    await places.learn(found.byKey);
  }
  const nowhere = await inNoLower(union, raw, found, origins, options);
  const unindexed = await splitUnindexed(overlay, rules, found.unindexed, options);
  const entries = raw.map((entry) =>
    classify(entry, {
      found: found.byKey.get(entry.name),
      origin: origins.get(entry.name) ?? originState(overlay, entry),
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
      times: found.owedTimes.map((path) => ({ branch: 0, path })),
      marks: owed ? [...unindexed.flushed.map(({ path }) => path), ...found.counted] : [],
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
  origins: ReadonlyMap<Bytes, OriginState>,
  options: ScanOptions,
): Promise<ReadonlySet<Bytes>> {
  const unmet = raw
    .filter(({ name, type }) => type === 'file' && origins.get(name)?.exists === true)
    .map(({ name }) => name)
    .filter((name) => byKey.get(name)?.lowerSeen.size === 0);
  if (unmet.length === 0 || unreadable.length > 0) return new Set();
  const met = await lowerLinks(union, unmet, options);
  return new Set(unmet.filter((name) => !met.has(name)));
}

/** Links of each origin that exists; an origin that is gone has none. Missing for one that nobody may ask about. */
function expectedLinks(
  origins: ReadonlyMap<string, OriginState>,
  { byKey }: OverlayNames,
): Map<string, number> {
  const links = new Map<string, number>();
  for (const key of byKey.keys()) {
    const origin = origins.get(key);
    const count = origin?.nlink ?? (origin?.known === true && origin.exists === false ? 0 : undefined);
    if (count !== undefined) links.set(key, count);
  }
  return links;
}

function soughtKeys(raw: readonly RawIndexEntry[]): Map<string, SoughtInode | undefined> {
  const sought = new Map<string, SoughtInode | undefined>();
  for (const {
    name,
    type,
    stat: { dev, ino, mode },
  } of raw) {
    if (type === 'file') sought.set(name, { dev, ino, mode });
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

/** Whether the origin that an entry's name tells still exists in one of the given lowers. */
function originState(overlay: OverlayLayers, entry: RawIndexEntry): OriginState {
  const { origin } = entry;
  if (origin === undefined) return { known: false, exists: undefined, nlink: undefined, metacopy: false };
  const layers = overlay.lowers.filter(({ uuid }) => uuid === undefined || uuid.equals(origin.uuid));
  if (layers.length === 0) return { known: false, exists: undefined, nlink: undefined, metacopy: false };
  let exists: boolean | undefined = false;
  for (const layer of layers) {
    const answer = openOrigin(layer, origin.handle, overlay.prefix);
    if (typeof answer === 'object') return { known: true, exists: true, ...answer };
    if (answer === undefined) exists = undefined;
  }
  return { known: true, exists, nlink: undefined, metacopy: false };
}

/** The origin's inode; false where it is gone, undefined where nobody may ask. */
function openOrigin(
  layer: HandleLayer,
  handle: Handle,
  prefix: string,
): { nlink: number; metacopy: boolean } | false | undefined {
  try {
    const fd = openByHandle(layer.root, handle, O_PATH | O_NOFOLLOW);
    try {
      const facts = stat(fd, ascii(''));
      const metacopy = isRegular(facts) && getXattr(fd, ascii(''), `${prefix}metacopy`) !== undefined;
      return { nlink: facts.nlink, metacopy };
    } finally {
      close(fd);
    }
  } catch (error) {
    if (isSysError(error, 'ESTALE', 'ENOENT')) return false;
    if (isSysError(error, 'EPERM', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS')) return undefined;
    throw error;
  }
}

/**
 * Splits upper files whose origin has no entry: those whose origin no lower name shows any more, as a flush leaves
 * them that was stopped before its last step, and those whose entry was lost while other names show the old file.
 */
async function splitUnindexed(
  overlay: OverlayLayers,
  rules: OverlayRules,
  unindexed: readonly UnindexedFile[],
  options: ScanOptions,
): Promise<{ flushed: UnindexedFile[]; visible: UnindexedFile[] }> {
  const sought = new Map<string, SoughtInode | undefined>();
  for (const { key, hasNlink } of unindexed) {
    if (hasNlink && typeof parseOverlayHandle(Buffer.from(key, 'hex')) !== 'string')
      sought.set(key, undefined);
  }
  if (sought.size === 0) return { flushed: [], visible: [] };
  const found = new OverlayNames(overlay, rules, sought, false);
  await runWalk(overlay.layers.roots, rules, found, options);
  const marked = unindexed.filter(({ key }) => sought.has(key));
  const shown = ({ key }: UnindexedFile): boolean => (found.byKey.get(key)?.missing.length ?? 0) > 0;
  return {
    flushed: found.unreadable.length > 0 ? [] : marked.filter((file) => !shown(file)),
    visible: marked.filter(shown),
  };
}
