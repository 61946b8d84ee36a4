import { lookAtMounted, openMounted } from '../scan/mounted-aufs/mounted-aufs-scan.js';
import type { NameFate } from '../scan/name-fate.js';
import { openLayers } from '../scan/open-layers.js';
import {
  branchId,
  entryFinder,
  fileId,
  layersId,
  type RecordedBranch,
  type RecordedEntry,
  type UnionRecord,
} from '../scan/recorded.js';
import type { IndexEntry } from '../scan/result.js';
import { scan } from '../scan/scan.js';
import type { ScanOptions } from '../scan/scan-options.js';
import type { Bytes } from '../sys/bytes.js';
import { withFd } from '../sys/open.js';
import { PLINK_DIRECTORY } from '../union/aufs-names.js';
import { openQuietly } from '../union/open-layer-directory.js';
import type { AufsUnion, OverlayUnion, Union } from '../union/union.js';
import type { Layer } from '../union/view-rules.js';
import { type Identity, mergeEntry, type Observation } from './merge.js';
import { mountIdentity } from './mount-identity.js';
import { observeMounted } from './observe-mounted-aufs.js';
import { observeAufs, observeOverlay } from './observe-unmounted.js';
import { withFates } from './overlay-fates.js';
import { openOverlayIndex } from './overlay-index-directory.js';

/** One entry after a look at its union. */
export interface RecordedLook {
  readonly entry: IndexEntry;
  readonly recorded: RecordedEntry | undefined;
  /** Why nothing was learnt of it now. */
  readonly reason: string | undefined;
}

/** One upper branch and what is to be written down of it. */
export interface BranchLook {
  readonly path: Bytes;
  /** Undefined where the branch cannot be identified. */
  readonly record: RecordedBranch | undefined;
  readonly looks: readonly RecordedLook[];
}

export interface RecordOptions extends ScanOptions {
  /** What was written down before. */
  readonly previous: UnionRecord;
  /** Directory that holds `proc` and `sys`. */
  readonly kernelRoot: Bytes;
}

/** Looks at a union for what is to be written down of its entries. Through a mount by lstat and readdir alone. */
export async function recordUnion(union: Union, options: RecordOptions): Promise<BranchLook[]> {
  if (union.format === 'overlay') return recordOverlay(union, options);
  return union.mounted === undefined ? recordAufs(union, options) : recordMountedAufs(union, options);
}

async function recordMountedAufs(union: AufsUnion, options: RecordOptions): Promise<BranchLook[]> {
  const roots = openMounted(union);
  try {
    const { entries } = await lookAtMounted(union, roots, options);
    const looks = entries.map((look) => ({
      entry: look.entry,
      observation: observeMounted(roots.layers, look),
    }));
    return branches(roots.layers, looks, options.previous, mountIdentity(union, options.kernelRoot));
  } finally {
    roots.close();
  }
}

async function recordAufs(union: AufsUnion, options: RecordOptions): Promise<BranchLook[]> {
  const { entries } = await scan(union, { ...options, record: options.previous });
  const layers = openLayers(union);
  try {
    const looks = entries.map((entry) => ({ entry, observation: observeAufs(layers.all, entry) }));
    return branches(layers.all, looks, options.previous, undefined);
  } finally {
    layers.close();
  }
}

async function recordOverlay(union: OverlayUnion, options: RecordOptions): Promise<BranchLook[]> {
  const { entries } = await scan(union, options);
  const files = entries.filter(({ overlay, state }) => overlay !== undefined && !isNoFile(state));
  const layers = openLayers(union);
  try {
    const find = entryFinder(options.previous);
    return withFates(union, (fate) => {
      const looks = files.map((entry) => {
        const shown = new Set([...entry.names, ...entry.missing.map(({ path }) => path)]);
        const before = find(0, entry.name)?.names ?? [];
        const lost = before.filter((path) => !shown.has(path) && mayBeLost(fate(path)));
        return { entry, observation: withLost(observeOverlay(entry), lost) };
      });
      return branches(layers.all, looks, options.previous, undefined, () => openOverlayIndex(union));
    });
  } finally {
    layers.close();
  }
}

function isNoFile(state: IndexEntry['state']): boolean {
  return state === 'temporary' || state === 'junk' || state === 'whiteout' || state === 'directory';
}

/** Where a directory on its way cannot be looked into, it is as it was written down. */
function mayBeLost(fate: NameFate | undefined): boolean {
  return fate === undefined || fate.is === 'absent';
}

/** A name that vanished without the union removing it is the evidence that a lower changed: it is kept. */
function withLost(observation: Observation, lost: readonly Bytes[]): Observation {
  if (observation.sees === 'nothing') return observation;
  const names = observation.sees === 'names' ? observation.names : [];
  return { sees: 'names', names: [...new Set([...names, ...lost])], origin: undefined };
}

function branches(
  layers: readonly Layer[],
  looks: readonly { readonly entry: IndexEntry; readonly observation: Observation }[],
  previous: UnionRecord,
  mount: string | undefined,
  openIndex: (root: number) => number = (root) => openQuietly(root, PLINK_DIRECTORY),
): BranchLook[] {
  const all = layersId(layers);
  const find = entryFinder(previous);
  return layers
    .filter(({ role }) => role === 'upper')
    .map(({ branch, root, path }) => {
      const own = looks.filter(({ entry }) => entry.branch === branch);
      const id = branchId(root);
      const done =
        own.length === 0 ? [] : withFd(openIndex(root), (index) => own.map((look) => merged(index, look)));
      const known = done.flatMap(({ recorded }) => (recorded === undefined ? [] : [recorded]));
      return { path, record: id === undefined ? undefined : { branch: id, entries: known }, looks: done };
    });

  function merged(
    index: number,
    { entry, observation }: { readonly entry: IndexEntry; readonly observation: Observation },
  ): RecordedLook {
    const { mode, size, mtime } = entry.inode;
    const reason = observation.sees === 'nothing' ? observation.reason : undefined;
    const file = fileId(index, entry.name);
    if (file === undefined) {
      return { entry, recorded: undefined, reason: 'the file system of its branch has no file handles' };
    }
    const identity: Identity = { name: entry.name, file, mode, size, mtime, layers: all };
    const before = find(entry.branch, entry.name);
    return { entry, recorded: mergeEntry(identity, observation, before, mount), reason };
  }
}
