import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unmountedAufs } from './aufs.js';
import { type Contender, type Measured, measure } from './measure.js';
import type { Programs } from './programs.js';
import type { ShortcutsOptions } from './shortcuts-options.js';
import {
  change,
  groups,
  hideOneName,
  makeStage,
  overlayStage,
  type StageType,
  strewGroups,
  whileMounted,
  writeInodes,
} from './stage.js';
import { systems } from './system.js';

type Results = Record<string, Measured[]>;

/** Groups that somebody changed, their names far from one another. */
const FEW = 10;
const UNIONS = [1, 100, 1000] as const;

/** Names that are found without a walk, by where from: the file system, or an earlier look at a lower. */
export const shortcuts = {
  ext4: (options: ShortcutsOptions): Results => told(options, 'ext4'),
  btrfs: (options: ShortcutsOptions): Results => told(options, 'btrfs'),
  xfs: (options: ShortcutsOptions): Results => told(options, 'xfs-parents'),
  lowers: remembered,
  system: systems,
  aufs: unmountedAufs,
} as const;

function told({ programs, plinkctl, files, rounds, home }: ShortcutsOptions, type: StageType): Results {
  const stage = makeStage(files, type);
  try {
    const lower = makeLower(programs, stage.root, files);
    const [hidden = ''] = groups(lower, 1);
    hideOneName(stage.root, lower, hidden);
    const strewn = strewGroups(lower, FEW);
    const inodes = join(home, 'inodes');
    writeInodes(inodes, lower, strewn);
    const list = (name: string, changed: readonly string[]): Contender['command'] => {
      const overlay = overlayStage(join(stage.root, name), lower);
      whileMounted(join(stage.root, name), overlay, (view) => change(view, changed));
      return [...plinkctl, 'list', '-q', ...overlay.words];
    };
    const contenders: Contender[] = [
      { name: 'C getdents64', command: [programs.walk, lower, inodes] },
      { name: 'plinkctl list, the file system asked', command: list('asked', strewn) },
      { name: 'plinkctl list, a name outside of the lower', command: list('beside', [hidden]) },
      {
        name: 'plinkctl list --no-device, the same',
        command: [...list('walked', [hidden]), '--no-device'],
      },
    ];
    return {
      [`${type}: ${FEW} entries, their names far apart, ${files} files`]: measure(
        programs.measure,
        contenders,
        { rounds, cold: false },
      ),
    };
  } finally {
    stage.dispose();
  }
}

function remembered({ programs, plinkctl, files, rounds, home }: ShortcutsOptions): Results {
  const [image, stage] = [makeStage(files), makeStage(100_000)];
  try {
    const lower = makeLower(programs, image.root, files);
    const strewn = strewGroups(lower, FEW);
    const inodes = join(home, 'inodes');
    writeInodes(inodes, lower, strewn);
    execFileSync('mount', ['-o', 'remount,ro', image.root]);
    const unions = Array.from({ length: UNIONS.at(-1) ?? 0 }, (_, i) => {
      const root = join(stage.root, `union${i}`);
      const overlay = overlayStage(root, lower);
      whileMounted(root, overlay, (view) => change(view, [strewn[i % FEW] ?? '']));
      return overlay;
    });
    const config = (count: number): string => {
      const file = join(home, `unions${count}.conf`);
      writeFileSync(
        file,
        unions
          .slice(0, count)
          .map(({ words }) => `${words.join(' ')}\n`)
          .join(''),
      );
      return file;
    };
    // Nothing of this machine's own unions.
    const nothing = join(home, 'kernel');
    mkdirSync(join(nothing, 'proc/self'), { recursive: true });
    writeFileSync(join(nothing, 'proc/self/mountinfo'), '');
    const all = (count: number): Contender => ({
      name: `plinkctl list --all, ${count} unions`,
      command: [...plinkctl, 'list', '-q', '--all', '--config', config(count), '--kernel-root', nothing],
    });
    const state = join(home, 'state');
    const cached = [...plinkctl, 'list', '-q', '--lower-cache', '--state-dir', state] as const;
    const words = unions[0]?.words ?? [];
    const c: Contender = { name: 'C getdents64', command: [programs.walk, lower, inodes] };
    return {
      [`a read-only lower, an entry with names far apart, ${files} files`]: measure(
        programs.measure,
        [
          c,
          {
            name: 'plinkctl list --lower-cache, the first time',
            command: [...cached, ...words],
            before: () => rmSync(state, { recursive: true, force: true }),
          },
          {
            name: 'plinkctl list --lower-cache, later',
            command: [...cached.slice(0, -1), `${state}2`, ...words] as unknown as Contender['command'],
          },
          { name: 'plinkctl list', command: [...plinkctl, 'list', '-q', ...words] },
        ],
        { rounds, cold: false },
      ),
      [`unions that share a lower of ${files} files`]: measure(programs.measure, [c, ...UNIONS.map(all)], {
        rounds,
        cold: false,
      }),
    };
  } finally {
    stage.dispose();
    image.dispose();
  }
}

function makeLower(programs: Programs, root: string, files: number): string {
  const lower = join(root, 'lower');
  mkdirSync(lower, { recursive: true });
  execFileSync(programs['make-tree'], [lower, 'wide', String(files)]);
  return lower;
}
