import { spawnSync } from 'node:child_process';

/** A program that could not be started or exited with another code than 0. */
export class CommandFailed extends Error {
  readonly code = 'COMMAND_FAILED' as const;
  readonly status: number | null;
  readonly stderr: string;

  constructor(program: string, args: readonly string[], status: number | null, stderr: string) {
    super(`${[program, ...args].join(' ')}: exit ${status}: ${stderr.trim()}`);
    this.status = status;
    this.stderr = stderr;
  }
}

/**
 * Runs a program of the system to its end.
 *
 * @returns its standard output
 * @throws {CommandFailed} on any exit code but 0
 */
export function command(program: string, ...args: readonly string[]): string {
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    // mkfs and losetup live in sbin, which a user's PATH may lack.
    env: { ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  if (result.error !== undefined) throw new CommandFailed(program, args, null, result.error.message);
  if (result.status !== 0) throw new CommandFailed(program, args, result.status, result.stderr);
  return result.stdout;
}
