import { spawnSync } from 'node:child_process';
import { describe } from '@jest/globals';

/** A `describe` whose tests run only where each program is installed; elsewhere one line on stderr says why not. */
export function describeProgram(name: string, programs: readonly string[], body: () => void): void {
  const lacking = programs.filter(
    (program) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status !== 0,
  );
  if (lacking.length > 0) process.stderr.write(`skipped: ${name}: needs ${lacking.join(', ')}\n`);
  const describeHere = lacking.length === 0 ? describe : describe.skip;
  describeHere(name, body);
}
