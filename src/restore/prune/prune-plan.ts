import { Problem } from '../../problem.js';
import type { IndexEntry } from '../../scan/result.js';
import type { KeptEntry } from '../plan-types.js';
import type { PruneEntry, PruneFacts, PruneInput, PrunePlan, PrunePolicy } from './prune-types.js';

const DAY = 86_400_000_000_000n;

/**
 * How long an orphan must have been left alone, nanoseconds. One whose names were removed through the union is what
 * its user meant it to be, at once. Where the lower file vanished, nobody meant the copy to go: a package manager
 * half-way through an upgrade, or a lower that is being copied, looks the same for a while.
 */
export function defaultAge(entry: IndexEntry, facts: PruneFacts): bigint {
  return mayBeLastCopy(entry, facts) === undefined ? 0n : DAY;
}

/** Why its names may have gone by something else than their user's wish, or not have gone at all. */
function mayBeLastCopy({ atRisk, overlay }: IndexEntry, { lower }: PruneFacts): string | undefined {
  if (atRisk || overlay?.originExists === false) return 'the lower file is gone, so it may be the last copy';
  if (overlay === undefined || lower === undefined || lower.seen >= lower.nlink) return undefined;
  return 'the lower file has names outside of the given lowers, so that another lower may show it';
}

/**
 * Decides which entries go. Pure: the same facts give the same plan.
 *
 * @throws Problem operational where the branches do not belong together, so that nothing can be judged
 */
export function prunePlan(input: PruneInput): PrunePlan {
  const { scan, facts, knownNames, policy } = input;
  if (scan.blocked !== undefined) {
    const { code, message, remedy } = scan.blocked;
    throw new Problem('operational', code, message, { path: scan.union.branches[0]?.path, hint: remedy });
  }
  const entries: PruneEntry[] = [];
  const kept: KeptEntry[] = [];
  for (const entry of scan.entries) {
    if (entry.state !== 'orphan') {
      if (isDoubtful(entry)) kept.push({ entry, reason: entry.reason ?? entry.state, attention: true });
      continue;
    }
    const known = facts.get(entry);
    const against = obstacle(entry, known, input);
    if (against === undefined && known !== undefined) {
      entries.push({
        entry,
        changed: known.changed,
        reason: entry.reason ?? 'no visible name shows it',
        knownNames: knownNames.get(entry) ?? [],
      });
    } else if (against !== undefined) kept.push({ entry, ...against });
  }
  return { union: scan.union, rescue: policy.rescue, entries, kept };
}

/** No name shows it, and yet nothing proves that none will. */
function isDoubtful({ state, names, missing }: IndexEntry): boolean {
  return (state === 'ambiguous' || state === 'foreign') && names.length + missing.length === 0;
}

function obstacle(
  entry: IndexEntry,
  facts: PruneFacts | undefined,
  { scan, policy, now }: PruneInput,
): { readonly reason: string; readonly attention: boolean } | undefined {
  if (scan.nfsExport) {
    return { reason: 'nfs_export is in use: an exported handle may still show it', attention: false };
  }
  if (facts === undefined) return { reason: 'it is gone since it was looked at', attention: false };
  if (facts.disagreement !== undefined) return { reason: facts.disagreement, attention: true };
  if (entry.inode.nlink !== 1) {
    return { reason: `the inode has ${entry.inode.nlink - 1} more links`, attention: true };
  }
  if (facts.open === true) return { reason: 'a process has it open', attention: false };
  if (facts.open === undefined) {
    return { reason: 'whether a process has it open cannot be told', attention: true };
  }
  if (entry.overlay !== undefined && entry.overlay.originExists !== false && facts.lower === undefined) {
    const reason =
      'none of the given lowers has its lower file: give every lower that the union is mounted with';
    return { reason, attention: true };
  }
  const age = now - facts.changed;
  const least = policy.minAge ?? defaultAge(entry, facts);
  if (age < least) {
    return { reason: `changed ${seconds(age)} ago, and must rest for ${seconds(least)}`, attention: false };
  }
  return unrescued(entry, facts, policy);
}

function unrescued(
  entry: IndexEntry,
  facts: PruneFacts,
  policy: PrunePolicy,
): { readonly reason: string; readonly attention: boolean } | undefined {
  if (policy.rescue !== undefined) {
    return entry.overlay?.metacopy === undefined || policy.withoutRescue
      ? undefined
      : { reason: 'its data was never copied to the upper: there is nothing to rescue', attention: true };
  }
  const why = mayBeLastCopy(entry, facts);
  if (why === undefined || policy.withoutRescue) return undefined;
  return { reason: `${why}: give --rescue DIR, or --without-rescue`, attention: true };
}

function seconds(ns: bigint): string {
  const all = Number(ns / 1_000_000_000n);
  if (all >= 172_800) return `${Math.floor(all / 86_400)} days`;
  if (all >= 7200) return `${Math.floor(all / 3600)} hours`;
  if (all >= 120) return `${Math.floor(all / 60)} minutes`;
  return `${all} seconds`;
}
