import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, compare, type Measured, measure } from './measure.js';
import type { Programs } from './programs.js';
import { change, entries, makeStage, type OverlayStage, overlayStage, whileMounted } from './stage.js';

const count = 25_000;
const directories = 500;

interface FlushBench {
  readonly programs: Programs;
  /** How plinkctl is called. */
  readonly plinkctl: readonly [string, ...string[]];
  readonly rounds: number;
}

/**
 * Flushes overlays in which every group was changed, against two programs in C: one that makes the same links and
 * removals and is told where, and one that finds them itself, as plinkctl does.
 *
 * @returns the figures by title
 */
export function flushes({ programs, plinkctl, rounds }: FlushBench): Record<string, Measured[]> {
  const names = Array.from({ length: count }, (_, i) => `orig/f${String(i).padStart(6, '0')}`);
  const stage = makeStage(count * 16);
  /** An overlay of its own with every group changed, in place of the one that was there. */
  const changed = (name: string): OverlayStage => {
    const root = join(stage.root, name);
    rmSync(root, { recursive: true, force: true });
    const overlay = overlayStage(root);
    makeGroups(overlay.lower);
    whileMounted(root, overlay, (view) => change(view, names));
    return overlay;
  };
  const once = (name: string, command: Contender['command']): Measured => {
    execFileSync('sync');
    const [measured] = measure(programs.measure, [{ name, command }], { rounds: 1, cold: true });
    if (measured === undefined) throw new Error(`${name} was not measured`);
    return measured;
  };
  try {
    const samples: Measured[][] = [];
    for (let i = 0; i < Math.min(rounds, 5); i += 1) {
      const [theirs, ours] = [changed('c'), changed('plinkctl')];
      const [index, target] = ['index', 'target'].map((each) => join(stage.root, each)) as [string, string];
      for (const path of [index, target]) rmSync(path, { recursive: true, force: true });
      cpSync(join(theirs.lower, 'orig'), index, { recursive: true });
      mkdirSync(target);
      samples.push([
        once('C links, syncs, removals', [programs.links, index, target, String(count), String(directories)]),
        once('C, a whole flush', [programs.flush, theirs.upper, join(theirs.work, 'index'), theirs.lower]),
        once('plinkctl flush', [...plinkctl, 'flush', '-q', ...ours.words]),
      ]);
      for (const each of [theirs, ours]) assureFlushed(each);
    }
    const what = `flush of ${count} entries, ${count * 2} links into ${directories} directories`;
    return {
      [what]: compare(samples),
      [`${what}, found by both`]: compare(samples.map((each) => each.slice(1))),
    };
  } finally {
    stage.dispose();
  }
}

/** Files with two more names each, in directories far apart. */
function makeGroups(lower: string): void {
  const script = `
    import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
    process.chdir(process.argv[1]);
    mkdirSync('orig');
    for (let d = 0; d < ${directories}; d += 1) mkdirSync('d' + String(d).padStart(3, '0'));
    for (let i = 0; i < ${count}; i += 1) {
      const name = 'f' + String(i).padStart(6, '0');
      writeFileSync('orig/' + name, '');
      for (let k = 0; k < 2; k += 1) {
        const d = String((i * 7 + k * 131) % ${directories}).padStart(3, '0');
        linkSync('orig/' + name, 'd' + d + '/' + name + '_' + k);
      }
    }`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script, lower]);
}

/** A benchmark of a flush that did less would tell nothing. */
function assureFlushed(overlay: OverlayStage): void {
  const whole = ['-type', 'f', '-links', '3', '-printf', '.'];
  const names = execFileSync('find', [overlay.upper, ...whole], { maxBuffer: 2 ** 30 }).length;
  if (entries(overlay) > 0 || names !== count * 3)
    throw new Error(`a flush left ${entries(overlay)} entries and made ${names} of ${count * 3} names`);
}
