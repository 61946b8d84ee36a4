import type { Streams } from '../context.js';

/** Another program's arguments, messages and exit codes over the same core. */
export interface Personality {
  /** @returns the exit code, in that program's own numbers */
  run(argv: readonly string[], streams: Streams, signal: AbortSignal): Promise<number>;
}
