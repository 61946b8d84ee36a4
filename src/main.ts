/**
 * Runs one command line.
 *
 * @param argv0 - path under which the program was called; its base name chooses the personality
 * @param argv - the arguments after it
 * @returns the exit code
 */
export async function main(_argv0: string, _argv: readonly string[]): Promise<number> {
  process.stderr.write('plinkctl: no command is available\n');
  return 16;
}
