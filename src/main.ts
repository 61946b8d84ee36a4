import { readFileSync } from 'node:fs';
import { cannotStart } from './cannot-start.js';
import type { Streams } from './cli/context.js';
import { processStreams } from './cli/streams.js';

// The bundle and this source file are both one directory below package.json.
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/**
 * Runs one command line.
 *
 * @param argv0 - path under which the program was called; its base name chooses the personality
 * @param argv - the arguments after it
 * @param streams - where output goes; the process' own unless told
 * @returns the exit code
 */
export async function main(
  argv0: string,
  argv: readonly string[],
  streams: Streams = processStreams(),
): Promise<number> {
  if (argv.length === 1 && argv[0] === '--version') {
    try {
      streams.out(`${version}\n`);
      return 0;
    } catch {
      // The long way asks for the same, and says why it cannot be had.
    }
  }
  // Everything else loads the system calls.
  let program: typeof import('./cli/run-line.js');
  try {
    program = await import('./cli/run-line.js');
  } catch (error) {
    return cannotStart(error, argv0, argv, streams);
  }
  return program.runLine(argv0, argv, version, streams);
}
