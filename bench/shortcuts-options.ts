import type { Programs } from './programs.js';

/** What each benchmark of names without a walk gets. */
export interface ShortcutsOptions {
  readonly programs: Programs;
  readonly plinkctl: readonly [string, string];
  readonly files: number;
  readonly rounds: number;
  /** Directory for files of the benchmark. */
  readonly home: string;
}
