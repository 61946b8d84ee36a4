import type { ChildProcess } from 'node:child_process';
import { Problem } from '../problem.js';
import { bytesFromText } from '../sys/bytes.js';
import { meaningOf } from '../sys/sys-error.js';
import type { Union } from '../union/union.js';
import { type EnterMaintenance, enterMaintenance } from './maintenance.js';
import { isForeground } from './process-stat.js';

/** What `maint run` may say about how it waits. */
export type RunInMaintenance = Omit<EnterMaintenance, 'command' | 'admitsChildren'> & {
  /** Where the program's standard output goes: this process' own unless told. */
  readonly output?: 'stdout' | 'stderr';
  /**
   * Told, before the program runs, of each of the {@link Maintenance.notes}: without a record it can't be admitted.
   * Told that the time is up, too.
   */
  readonly onNote?: (text: string) => void;
};

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Holds the maintenance mode while a program runs, with this process' own standard streams. What the program
 * starts may operate on the union, one at a time.
 *
 * @returns its exit status, 128+n if signal n ended it
 * @throws Problem busy `locked`; operational `cannot-run`
 */
export async function runInMaintenance(
  union: Union,
  program: string,
  args: readonly string[],
  options: RunInMaintenance,
): Promise<number> {
  const maintenance = await enterMaintenance(union, {
    ...options,
    command: 'maint run',
    admitsChildren: true,
  });
  for (const text of maintenance.notes) options.onNote?.(text);
  try {
    return await run(program, args, options);
  } finally {
    maintenance.release();
  }
}

async function run(
  program: string,
  args: readonly string[],
  { signal: abort, output, onNote }: Pick<RunInMaintenance, 'signal' | 'output' | 'onNote'>,
): Promise<number> {
  abort?.throwIfAborted();
  // Asked for here: it costs 1 ms of every start.
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn(program, args, { stdio: ['inherit', output === 'stderr' ? 2 : 'inherit', 'inherit'] });
  let told = false;
  const forward = (signal: NodeJS.Signals) => {
    told = true;
    // The terminal has sent its ^C to every process of the foreground; a second one means "at once" to many.
    if (signal !== 'SIGINT' || !isForeground()) child.kill(signal);
  };
  // The signal that aborts is forwarded as itself; a timeout has none.
  const onAbort = () =>
    setImmediate(() => {
      if (told) return;
      if (abort?.reason instanceof Problem) onNote?.(`${abort.reason.message}: the command is sent SIGTERM`);
      child.kill('SIGTERM');
    });
  for (const signal of forwarded) process.on(signal, forward);
  abort?.addEventListener('abort', onAbort, { once: true });
  try {
    return await exitStatus(child, program);
  } finally {
    for (const signal of forwarded) process.removeListener(signal, forward);
    abort?.removeEventListener('abort', onAbort);
  }
}

function exitStatus(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      // A failed kill is told here too; only without a pid has nothing been started.
      if (child.pid !== undefined) return;
      reject(
        new Problem('operational', 'cannot-run', `cannot be run: ${meaningOf(error.code ?? error.message)}`, {
          path: bytesFromText(program),
          cause: error,
        }),
      );
    });
    child.once('exit', (status, signal) => {
      resolve(
        signal === null ? (status ?? 0) : 128 + process.getBuiltinModule('node:os').constants.signals[signal],
      );
    });
  });
}
