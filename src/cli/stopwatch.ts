import { milliseconds } from '../milliseconds.js';

/** Starts to count; the function tells the seconds since. */
export function stopwatch(): () => number {
  const started = milliseconds();
  return () => (milliseconds() - started) / 1000;
}
