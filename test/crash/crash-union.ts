import type { ApplyOptions } from '../../src/restore/apply.js';
import type { Tree } from '../support/tree.js';
import type { CrashDisks } from './crash-disks.js';

/** A union on disks that a power cut is tried on; all but `finished` works on what is mounted at the moment. */
export interface CrashUnion<Goal extends string = string>
  extends Pick<CrashDisks, 'disks' | 'directory' | 'bases' | 'on' | 'record'> {
  /** Files and directories on the first disk that somebody else may call fsync for. */
  readonly synchronisable: readonly string[];
  /** One line for each thing that a run should not have said. */
  run(goal: Goal, options?: ApplyOptions): Promise<string[]>;
  /** What a run leaves that nothing disturbs. */
  finished(goal: Goal): Promise<Tree>;
  /** What is left on the disks now, to be compared with {@link finished}. */
  left(): Tree;
  /** One line for each thing that was lost, or that the kernel complains of. */
  losses(goal: Goal): string[];
  /** Runs again; one line for each thing that is not as after an undisturbed run. */
  finish(goal: Goal, finished: Tree): Promise<string[]>;
}
