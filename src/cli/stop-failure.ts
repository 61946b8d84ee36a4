import { Problem } from '../problem.js';
import type { Failure } from '../report/failure.js';
import { exitCode } from './exit-code.js';
import { failureOf } from './failure.js';
import { Stopped } from './stopped.js';

/** What ended a run early: a signal, or a time that is up. */
export function stopFailure({ reason }: { readonly reason: unknown }): Failure {
  if (reason instanceof Problem || reason instanceof Stopped) return failureOf(reason);
  return { exitCode: exitCode.interrupted, code: 'STOPPED', message: 'stopped' };
}
