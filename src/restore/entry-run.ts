import type { Bytes } from '../sys/bytes.js';
import { SysError } from '../sys/sys-error.js';
import { concernsAll } from './concerns-all.js';
import { linkFailure } from './link-failure.js';
import type { EntryPlan } from './plan-types.js';

/** One entry on its way. */
export interface EntryRun {
  readonly plan: EntryPlan;
  /** Names that were made until now. */
  restored: readonly Bytes[];
  removed: boolean;
  /** Why it stays behind its plan. */
  failure: string | undefined;
}

/** Does one entry's step; a failure that concerns the entry alone is noted on it. */
export function attempt(run: EntryRun, step: () => void): void {
  if (run.failure !== undefined) return;
  try {
    step();
  } catch (error) {
    run.failure = failureOfOne(error);
  }
}

/** As {@link attempt}, of a step that takes long. */
export async function attemptLong(run: EntryRun, step: () => Promise<void>): Promise<void> {
  if (run.failure !== undefined) return;
  try {
    await step();
  } catch (error) {
    run.failure = failureOfOne(error);
  }
}

/**
 * Why a step failed for the entries that it concerns.
 *
 * @throws the error itself where it concerns them all
 */
export function failureOfOne(error: unknown): string {
  if (!(error instanceof SysError) || error.code === 'EACCES' || concernsAll(error)) throw error;
  return linkFailure(error);
}
