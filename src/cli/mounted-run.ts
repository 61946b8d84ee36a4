/** What is asked of a mounted union. */
export interface MountedRun {
  readonly goal: 'restore' | 'flush';
  /** Seconds to wait for the maintenance mode; undefined: not at all. */
  readonly wait: number | undefined;
  readonly dryRun: boolean;
}
