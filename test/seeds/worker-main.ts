import { writeSync } from 'node:fs';
import { ownMounts } from '../crash/own-mounts.js';
import { command } from '../support/command.js';
import { type FileSystems, mountFileSystems, type ScratchType } from '../support/file-systems.js';
import { tempDir } from '../support/temp-dir.js';
import { type Kind, kindOf } from './kinds.js';
import type { SeedResult, SeedsOrder } from './seeds-order.js';
import { trials } from './trials.js';

/**
 * Tries seeds one after another on file systems that are made once, and writes a line for each. A process of its own:
 * whoever counts them outlives a crash, and knows the seed that it was for.
 */
const order = JSON.parse(process.argv[2] ?? '') as SeedsOrder;
const say = (result: SeedResult | { readonly starting: number }): void => {
  writeSync(1, `${JSON.stringify(result)}\n`);
};

async function attempt(seed: number, kind: Kind, fileSystems: FileSystems): Promise<SeedResult> {
  const start = performance.now();
  let error: string | undefined;
  try {
    await trials[kind](seed, { fileSystems, types: order.types as readonly ScratchType[] });
  } catch (thrown) {
    error = String((thrown as { readonly message?: unknown }).message ?? thrown);
  }
  return { seed, kind, milliseconds: Math.round(performance.now() - start), error };
}

ownMounts();
// The images of the file systems in memory: no trial waits for a disk.
const memory = tempDir('seeds');
command('mount', '-t', 'tmpfs', 'tmpfs', memory.path);
process.env.TMPDIR = memory.path;
const fileSystems = mountFileSystems(order.types as readonly ScratchType[]);
try {
  for (let seed = order.from; seed < order.from + order.count; seed += order.step) {
    if (order.done.includes(seed)) continue;
    say({ starting: seed });
    say(await attempt(seed, kindOf(seed, order.kinds), fileSystems));
  }
} finally {
  fileSystems.dispose();
  memory.dispose();
}
