import { constants } from 'node:os';
import { type Interposer, interpose } from '../../src/sys/seam.js';
import { systemCalls } from '../../src/sys/system-call.js';

/** Failures that a file system or a kernel may answer any call with. */
export const errors = [
  'ENOSPC',
  'EIO',
  'EDQUOT',
  'EMLINK',
  'EXDEV',
  'EPERM',
  'EROFS',
  'EMFILE',
  'ENOMEM',
  'ESTALE',
] as const;

/** A failure to be injected. */
export interface Fault {
  /** Calls before it. */
  readonly number: number;
  readonly error: (typeof errors)[number];
  /** Every change fails from then on. */
  readonly lasting: boolean;
}

/** Runs `body` and returns the number of its calls. */
export async function countCalls(body: () => Promise<unknown>): Promise<number> {
  let calls = 0;
  await interposed((_, proceed) => {
    calls += 1;
    return proceed();
  }, body);
  return calls;
}

/** Runs `body`, in which one call fails; `what` tells which it was. */
export async function withFault<T>(
  { number, error, lasting }: Fault,
  body: () => Promise<T>,
): Promise<{ readonly result: T; readonly what: string }> {
  let calls = 0;
  let what = 'no call';
  const result = await interposed(({ name, path }, proceed) => {
    const since = calls - number;
    calls += 1;
    if (since === 0) what = `call ${number}, ${name} ${path}: ${error}${lasting ? ', lasting' : ''}`;
    const fails = since === 0 || (lasting && since > 0 && systemCalls[name] === 'effect');
    if (!fails) return proceed();
    // Linux closes the descriptor whatever close(2) returns.
    if (name === 'close') proceed();
    return -constants.errno[error];
  }, body);
  return { result, what };
}

/** Runs `body` with something in front of every system call but those that it makes itself. */
export async function interposed<T>(interposer: Interposer, body: () => Promise<T>): Promise<T> {
  let inside = false;
  interpose((call, proceed) => {
    if (inside) return proceed();
    inside = true;
    try {
      return interposer(call, proceed);
    } finally {
      inside = false;
    }
  });
  try {
    return await body();
  } finally {
    interpose(undefined);
  }
}
