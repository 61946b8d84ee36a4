/**
 * plinkctl as a library: what installers and image builders need to restore the pseudo-links of a union that is
 * not mounted. The command line uses the same functions.
 *
 * ```ts
 * import { apply, bytesFromText, maintain, plan, resolveTarget, scan } from 'plinkctl';
 *
 * const union = resolveTarget({ upper, work, lowers: [lower] });
 * await maintain(union, { command: 'my installer', wait: 60 }, async () => {
 *   const outcome = await apply(plan(await scan(union), 'flush'));
 *   console.log(`${outcome.linksRestored} names put back`);
 * });
 * ```
 *
 * @packageDocumentation
 */
import { refuseIfInUse } from './lock/in-use.js';
import { type EnterMaintenance, enterMaintenance } from './lock/maintenance.js';
import type { Union } from './union/union.js';

/**
 * Holds a union's maintenance mode while `work` runs: nobody else's plinkctl writes to it meanwhile. Refuses a
 * union that is mounted.
 *
 * @throws Problem busy `locked` or `in-use`
 */
export async function maintain<T>(
  union: Union,
  options: EnterMaintenance,
  work: () => Promise<T>,
): Promise<T> {
  const maintenance = await enterMaintenance(union, options);
  try {
    refuseIfInUse(union);
    return await work();
  } finally {
    maintenance.release();
  }
}

export type { EnterMaintenance } from './lock/maintenance.js';
export { Problem, type ProblemKind } from './problem.js';
export { type ApplyOptions, apply } from './restore/apply.js';
export { plan } from './restore/plan.js';
export type { EntryOutcome, EntryPlan, KeptEntry, Outcome, Plan } from './restore/plan-types.js';
export { entryStates } from './scan/entry-state.js';
export type {
  AufsEntryFacts,
  Blocked,
  BranchPath,
  EntryInode,
  EntryState,
  FileKind,
  Finding,
  IndexEntry,
  Leftovers,
  MissingDirectory,
  MissingName,
  OverlayEntryFacts,
  ScanResult,
  Severity,
  Unreadable,
} from './scan/result.js';
export { scan } from './scan/scan.js';
export type { ScanOptions } from './scan/scan-options.js';
export { type Bytes, bytesFromText, bytesOf, toBuffer } from './sys/bytes.js';
export type { InodeId } from './sys/inode-id.js';
export { SysError } from './sys/sys-error.js';
export { resolveTarget, type TargetWords } from './union/target.js';
export type { AufsUnion, Branch, MountPoint, OverlayOptions, OverlayUnion, Union } from './union/union.js';
