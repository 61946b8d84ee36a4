import { milliseconds } from '../milliseconds.js';

/** Milliseconds of work between two breaths of the event loop (signals, lock heartbeat, progress line). */
const BREATH_MS = 40;

/** A function to be awaited in a long loop: lets the event loop live, and throws when the work is to stop. */
export function breather(
  signal: AbortSignal | undefined,
  onBreath?: () => void,
  every = BREATH_MS,
): () => Promise<void> | undefined {
  let last = milliseconds();
  return () => {
    if (milliseconds() - last < every) return undefined;
    onBreath?.();
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      signal?.throwIfAborted();
      last = milliseconds();
    });
  };
}
