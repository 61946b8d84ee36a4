/** Starts to count; the function tells the seconds since. (`performance` would load a module of its own.) */
export function stopwatch(): () => number {
  const started = process.hrtime.bigint();
  return () => Number(process.hrtime.bigint() - started) / 1e9;
}
