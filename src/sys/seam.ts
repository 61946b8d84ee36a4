import { orErrno } from './libc.js';
import { SysError } from './sys-error.js';
import type { SystemCall } from './system-call.js';

/** What an interposer is told of a call: its name, the directory fd (or -1) and the name it is about. */
export interface Call {
  readonly name: SystemCall;
  readonly fd: number;
  readonly path: string;
}

/**
 * Stands between this program and the kernel. `proceed` makes the call; the result is the call's own value,
 * or `-errno` for a failure.
 */
export type Interposer = (call: Call, proceed: () => number) => number;

const EINTR = 4;

let interposer: Interposer | undefined;

/** Puts an interposer in front of every system call of this thread (fault injection, crash tests); undefined removes it. */
export function interpose(next: Interposer | undefined): void {
  interposer = next;
}

/** Whether an interposer stands there. */
export function interposed(): boolean {
  return interposer !== undefined;
}

/**
 * Makes one call and turns a failure into a {@link SysError}.
 *
 * @param call - what is called
 * @param fd - the directory fd, for the interposer
 * @param path - the name, for the interposer and for the error
 * @param run - makes the call; below 0 it has failed
 */
export function invoke(call: SystemCall, fd: number, path: string, run: () => number): number {
  const result = invokeRaw(call, fd, path, run);
  if (result < 0) throw new SysError(call, -result, path);
  return result;
}

/**
 * As {@link invoke}, but gives `-errno` back: an error object costs six times the call that fails, which tells
 * where a miss is the usual answer.
 */
export function invokeRaw(call: SystemCall, fd: number, path: string, run: () => number): number {
  for (;;) {
    const result =
      interposer === undefined ? orErrno(run()) : interposer({ name: call, fd, path }, () => orErrno(run()));
    // A signal handler ran while the call slept: nothing was done, and every call here can simply be made again.
    if (result === -EINTR && call !== 'close') continue;
    return result;
  }
}
