import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aufsUpper } from './aufs-upper.js';
import { type Contender, type Measured, measure } from './measure.js';
import type { ShortcutsOptions } from './shortcuts-options.js';
import { groups, makeStage, writeInodes } from './stage.js';

const MANY = 50_000;
const USUAL = 1000;

/** Unmounted aufs of many and of some pseudo-links over one lower, each with one name missing. */
export function unmountedAufs({
  programs,
  plinkctl,
  files,
  rounds,
  home,
}: ShortcutsOptions): Record<string, Measured[]> {
  const stage = makeStage(files);
  try {
    const lower = join(stage.root, 'lower');
    mkdirSync(lower);
    const every = Math.max(2, Math.floor(files / MANY));
    execFileSync(programs['make-tree'], [lower, 'wide', String(files), String(every)]);
    const names = groups(lower, MANY);
    // What is in an empty file is in every other: it would not tell which of them was copied.
    for (const name of names) writeFileSync(join(lower, name), `${name}\n`.repeat(4));
    const inodes = join(home, 'inodes');
    writeInodes(inodes, lower, names);
    const list = (count: number): Contender => {
      const upper = aufsUpper(join(stage.root, `upper${count}`), lower, names.slice(0, count));
      return {
        name: `plinkctl list, ${Math.min(count, names.length)} pseudo-links`,
        command: [...plinkctl, 'list', '-q', '--format', 'aufs', '--upper', upper, '--lower', lower],
      };
    };
    const contenders: Contender[] = [
      { name: 'C getdents64', command: [programs.walk, lower, inodes] },
      { name: `C nftw, stat, linear search of ${names.length}`, command: [programs.nftw, lower, inodes] },
      list(MANY),
      list(USUAL),
    ];
    return {
      [`aufs over ${files} files, not mounted`]: measure(programs.measure, contenders, {
        rounds,
        cold: false,
      }),
    };
  } finally {
    stage.dispose();
  }
}
