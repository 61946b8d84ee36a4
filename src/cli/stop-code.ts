import { Problem } from '../problem.js';

/** The exit code of a run that `signal` ended early: the signal's own, or that of a time that is up. */
export function stopCode(signal: AbortSignal): number {
  const reason: unknown = signal.reason;
  if (reason instanceof Problem) return 8;
  return typeof reason === 'object' && reason !== null && 'exitCode' in reason
    ? Number(reason.exitCode)
    : 130;
}
