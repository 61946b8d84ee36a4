import { aufsRules } from '../../union/aufs-rules.js';
import type { Layer, Stack } from '../../union/view-rules.js';
import type { ScanOptions } from '../scan-options.js';
import { runWalk } from '../walk/run-walk.js';
import type { WalkProgress } from '../walk/walk-visitor.js';
import type { UpperPlinkNames } from './aufs-upper-names.js';
import { LowerNotes } from './lower-notes.js';
import type { LowerPlinkNames } from './lower-plink-names.js';
import { PlinkNames } from './plink-names.js';
import { trueInodeBranches } from './wanted-inodes.js';

/** Where one walk may find both the names of entries and those of their lower files: it must know files by numbers. */
export function notesFor(layers: readonly Layer[], { ways }: ScanOptions): LowerNotes | undefined {
  const known = trueInodeBranches(layers);
  return ways?.early !== false && layers.every(({ branch }) => known.has(branch))
    ? new LowerNotes()
    : undefined;
}

/**
 * Walks the branches of an aufs for the names of entries, and for those of the lower files that they prove to be
 * copies of.
 *
 * @param notes - gets what is met of lower files before these are known; the directories are walked twice without it
 * @param judge - proves what the upper names tell; called when all of them were met
 */
export async function walkPlinks(
  roots: Stack,
  upper: UpperPlinkNames,
  notes: LowerNotes | undefined,
  judge: () => Promise<LowerPlinkNames>,
  options: ScanOptions,
  progress: WalkProgress,
): Promise<LowerPlinkNames> {
  let lower: LowerPlinkNames | undefined;
  if (notes === undefined) {
    await runWalk(roots, aufsRules, upper, options, progress);
  } else {
    const names = new PlinkNames(upper, notes, judge);
    await runWalk(roots, aufsRules, names, options, progress);
    lower = names.lower;
    if (lower !== undefined && !notes.isFull) return lower;
  }
  lower ??= await judge();
  if (lower.wantsAny) await runWalk(roots, aufsRules, lower, options, progress);
  return lower;
}
