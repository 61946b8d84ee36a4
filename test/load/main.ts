import { parseArgs } from 'node:util';
import { ownMounts } from '../crash/own-mounts.js';
import { command } from '../support/command.js';
import { tempDir } from '../support/temp-dir.js';
import { type PhaseResult, phases } from './phases.js';

/**
 * Every kind of load at full size, one after another, each on a file system in memory of its own; `--share 0.1`
 * makes all of them smaller, `--only N` runs one.
 */
const { values } = parseArgs({
  options: { share: { type: 'string', default: '1' }, only: { type: 'string' } },
});

function line({ what, seconds, peak, bound, wrong }: PhaseResult): string {
  const memory = `${Math.round(peak)} of ${Math.round(bound)} MiB`;
  return `${what.padEnd(48)}${seconds.toFixed(1).padStart(8)} s  ${memory.padStart(18)}  ${wrong.length === 0 ? 'nothing lost' : 'WRONG'}`;
}

ownMounts();
const results: PhaseResult[] = [];
const count = phases('', 1).length;
for (let i = 0; i < count; i += 1) {
  if (values.only !== undefined && Number(values.only) !== i + 1) continue;
  const directory = tempDir('load');
  try {
    command('mount', '-t', 'tmpfs', '-o', 'size=16g,nr_inodes=0', 'tmpfs', directory.path);
    const phase = phases(directory.path, Number(values.share))[i];
    if (phase === undefined) continue;
    const result = await phase();
    results.push(result);
    process.stdout.write(`${line(result)}\n`);
    for (const each of result.wrong) process.stdout.write(`  ${each}\n`);
  } finally {
    directory.dispose();
  }
}
process.exitCode = results.some(({ wrong }) => wrong.length > 0) ? 1 : 0;
