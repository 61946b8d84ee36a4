import { basename } from 'node:path';
import type { Streams } from './cli/context.js';

/**
 * Says that the program itself cannot be loaded: its native part is for another machine, or this node may load none.
 * Nothing of the program can be used for that.
 *
 * @param error - what loading it ended with
 * @returns the exit code
 */
export function cannotStart(
  error: unknown,
  argv0: string,
  argv: readonly string[],
  streams: Streams,
): number {
  const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
  const message = `plinkctl cannot be loaded: ${reason}`;
  const hint = `install it anew on this machine (linux-${process.arch}), for a node that may load addons`;
  // The helpers of mount(8) have a code of their own for it; 8 is theirs for an interrupt.
  const exitCode = /^u?mount\./.test(basename(argv0)) ? 2 : 8;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? 'cannot-start';
  const document = {
    schema: 'plinkctl/1',
    command: null,
    error: { code, message, path: null, syscall: null, hint },
    exitCode,
  };
  if (argv.includes('--json')) streams.out(`${JSON.stringify(document, undefined, 2)}\n`);
  else streams.err(`${message}\n  ${hint}\n`);
  return exitCode;
}
