import type { ApplyOptions } from '../../src/restore/apply.js';
import type { CrashDisks } from './crash-disks.js';

/** A union on disks that a power cut is tried on; all but `finished` works on what is mounted at the moment. */
export interface CrashUnion<Goal extends string = string, Left = unknown>
  extends Pick<CrashDisks, 'disks' | 'directory' | 'bases' | 'on' | 'record'> {
  /** Files and directories on the first disk that somebody else may call fsync for. */
  readonly synchronisable: readonly string[];
  /** One line for each thing that a run should not have said. */
  run(goal: Goal, options?: ApplyOptions): Promise<string[]>;
  /** What is on the disks now, to be compared with what an undisturbed run leaves. */
  left(): Left;
  /**
   * One line for each thing that was lost, or that the kernel complains of.
   *
   * @param finished - {@link left} after an undisturbed run
   */
  losses(finished: Left): string[];
  /** Runs again; one line for each thing that is not as after an undisturbed run. */
  finish(goal: Goal, finished: Left): Promise<string[]>;
}
