import { milliseconds } from '../../milliseconds.js';
import { Problem } from '../../problem.js';
import { close, openDirectory } from '../../sys/open.js';
import { isSysError } from '../../sys/sys-error.js';
import { PLINK_DIRECTORY } from '../../union/aufs-names.js';
import type { AufsUnion } from '../../union/union.js';
import { type RawPlink, readPlinks } from '../aufs/aufs-index.js';
import { openLayers } from '../open-layers.js';
import type { ScanResult } from '../result.js';
import type { ScanOptions } from '../scan-options.js';
import { statPath } from '../stat-path.js';
import { type Shown, walkMount } from '../walk/mount-walk.js';
import { lockedBranch } from './locked-branch.js';
import { lookAtPlink, type MountedRoots } from './look-at-plinks.js';
import type { MountedEntry } from './mounted-aufs-entry.js';
import { mountedAufsFindings } from './mounted-aufs-findings.js';

/** What a look at a mounted aufs found. */
export interface MountedScan {
  readonly shown: Shown;
  readonly entries: readonly MountedEntry[];
  readonly result: ScanResult;
}

/** Milliseconds of work between two breaths of the event loop. */
const BREATH_MS = 40;

/** Scans a mounted aufs through its mount, by lstat and readdir alone: nothing is linked by being looked at. */
export async function scanMountedAufs(union: AufsUnion, options: ScanOptions): Promise<ScanResult> {
  const roots = openMounted(union);
  try {
    return (await lookAtMounted(union, roots, options)).result;
  } finally {
    roots.close();
  }
}

/** As {@link scanMountedAufs}, on roots that stay open, with all that a flush needs. */
export async function lookAtMounted(
  union: AufsUnion,
  roots: MountedRoots,
  options: ScanOptions,
): Promise<MountedScan> {
  try {
    const plinks = allPlinks(roots);
    const shown = await breathe(walkRoots(roots, plinks), options);
    const entries = plinks.map((plink) => lookAtPlink(roots, plink, shown));
    return { shown, entries, result: scanResult(union, roots, shown, entries) };
  } catch (error) {
    throw maintained(error, union);
  }
}

/** The pseudo-links of every writable branch. */
export function allPlinks({ layers }: MountedRoots): RawPlink[] {
  return layers.filter(({ role }) => role === 'upper').flatMap(readPlinks);
}

/** The union inode numbers that pseudo-links are named after. */
function numbersOf(plinks: readonly RawPlink[]): Set<bigint> {
  return new Set(plinks.flatMap(({ plink }) => (plink === undefined ? [] : [plink.unionInode])));
}

/** Walks the mount for the names of pseudo-links. */
export function walkRoots(
  { mount, layers }: MountedRoots,
  plinks: readonly RawPlink[],
): Generator<Shown, Shown> {
  return walkMount(mount, numbersOf(plinks), (directory) => lockedBranch(layers, directory));
}

/** The scan's result for entries as they stand. */
export function scanResult(
  union: AufsUnion,
  roots: MountedRoots,
  { blind, directories, names }: Shown,
  entries: readonly MountedEntry[],
): ScanResult {
  const result: ScanResult = {
    union,
    entries: entries.map(({ entry }) => entry),
    directories: [],
    findings: [],
    unreadable: entries.length === 0 ? [] : blind,
    blocked: undefined,
    leftovers: { running: false, temporaries: [], times: [], marks: [] },
    nfsExport: false,
    walked: { directories, names },
  };
  const noplink = union.mounted?.noplink === true;
  const bare = roots.layers.filter(
    ({ role, root }) => role === 'upper' && !noplink && !hasPlinkDirectory(root),
  );
  return { ...result, findings: mountedAufsFindings(result, bare) };
}

/** Opens the mount's root and the branches. */
export function openMounted(union: AufsUnion): MountedRoots & { close(): void } {
  const { mounted } = union;
  if (mounted === undefined) throw new Error('an aufs that is not mounted');
  const layers = openLayers(union);
  let mount: number;
  try {
    mount = openDirectory(mounted.path);
  } catch (error) {
    layers.close();
    throw maintained(error, union);
  }
  return {
    mount,
    layers: layers.all,
    close() {
      close(mount);
      layers.close();
    },
  };
}

function hasPlinkDirectory(root: number): boolean {
  return statPath(root, PLINK_DIRECTORY) !== undefined;
}

async function breathe(walk: Generator<Shown, Shown>, { signal, onProgress }: ScanOptions): Promise<Shown> {
  let last = milliseconds();
  for (;;) {
    const { done, value } = walk.next();
    if (done === true) return value;
    if (milliseconds() - last < BREATH_MS) continue;
    onProgress?.(value);
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (signal?.aborted === true) {
      walk.return(value);
      signal.throwIfAborted();
    }
    last = milliseconds();
  }
}

/** While somebody maintains an aufs, nobody else gets anything from the mount but EAGAIN. */
function maintained(error: unknown, union: AufsUnion): unknown {
  if (!isSysError(error, 'EAGAIN')) return error;
  return new Problem('busy', 'plink-maint', 'another program holds the maintenance mode of the aufs', {
    path: union.mounted?.path,
    hint: 'wait for it with --wait (or --wait=SECONDS), or run the command again',
    cause: error,
  });
}
