import { Problem } from '../problem.js';

// What setTimeout can count; anything longer would end at once.
const LONGEST_MS = 2 ** 31 - 1;

/**
 * A signal that is aborted with `signal`, or when the time is up.
 *
 * @param seconds - undefined for no limit
 */
export function withTimeout(signal: AbortSignal, seconds: number | undefined): AbortSignal {
  if (seconds === undefined) return signal;
  const stop = new AbortController();
  const timer = setTimeout(
    () => {
      stop.abort(
        new Problem(
          'operational',
          'timeout',
          `stopped after ${seconds} ${seconds === 1 ? 'second' : 'seconds'}, as --timeout says`,
        ),
      );
    },
    Math.min(seconds * 1000, LONGEST_MS),
  );
  // The process must not wait for a timer when the work is done.
  timer.unref();
  return AbortSignal.any([signal, stop.signal]);
}
