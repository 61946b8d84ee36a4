import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepParentPointers } from '../test/support/keep-parent-pointers.js';

/** A file system of its own in a loop image for one benchmark; gone after {@link Stage.dispose}. */
export interface Stage {
  readonly root: string;
  dispose(): void;
}

/** `xfs-parents` is an xfs that keeps parent pointers. */
export type StageType = 'ext4' | 'btrfs' | 'xfs-parents';

const makers: Readonly<Record<StageType, (image: string, files: number) => void>> = {
  ext4: (image, files) =>
    execFileSync('mkfs.ext4', ['-q', '-N', String(Math.ceil(files * 1.3) + 20_000), image]),
  btrfs: (image) => execFileSync('mkfs.btrfs', ['-q', '-m', 'single', image], { stdio: 'ignore' }),
  'xfs-parents'(image) {
    execFileSync('mkfs.xfs', ['-q', image]);
    keepParentPointers(image);
  },
};

export function makeStage(files: number, type: StageType = 'ext4'): Stage {
  const home = mkdtempSync(join(tmpdir(), 'plinkctl-bench-'));
  const image = join(home, 'image');
  const root = join(home, 'mnt');
  mkdirSync(root);
  closeSync(openSync(image, 'w'));
  truncateSync(image, 512 * 2 ** 20 + files * 2048);
  makers[type](image, files);
  execFileSync('mount', ['-o', 'loop', image, root]);
  return {
    root,
    dispose() {
      execFileSync('umount', [root]);
      rmSync(home, { recursive: true });
    },
  };
}

/** An overlay's directories below a stage. */
export interface OverlayStage {
  readonly lower: string;
  readonly upper: string;
  readonly work: string;
  /** How the command line names it. */
  readonly words: readonly string[];
}

/** @param lower - one that is there already; a new one unless given */
export function overlayStage(root: string, lower = join(root, 'lower')): OverlayStage {
  const [upper, work] = [join(root, 'upper'), join(root, 'work')];
  for (const path of [lower, upper, work]) mkdirSync(path, { recursive: true });
  return { lower, upper, work, words: ['--upper', upper, '--work', work, '--lower', lower] };
}

/** Runs `act` on a live mount of an overlay with an index. */
export function whileMounted(
  root: string,
  { lower, upper, work }: OverlayStage,
  act: (view: string) => void,
): void {
  const view = join(root, 'view');
  mkdirSync(view, { recursive: true });
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work},index=on`;
  execFileSync('mount', ['-t', 'overlay', '-o', options, 'overlay', view]);
  try {
    act(view);
  } finally {
    execFileSync('umount', [view]);
  }
}

/** Names of the hardlinked files of a tree: the first one of every group, up to `count`. */
export function groups(lower: string, count: number): string[] {
  const found = execFileSync('find', [lower, '-type', 'f', '-links', '+1', '-printf', '%i %P\\n'], {
    maxBuffer: 2 ** 30,
  });
  const seen = new Map<string, string>();
  for (const line of found.toString().split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0 && !seen.has(line.slice(0, space))) seen.set(line.slice(0, space), line.slice(space + 1));
    if (seen.size === count) break;
  }
  return [...seen.values()];
}

/** Changes one name of each group through the overlay. */
export function change(view: string, names: readonly string[]): void {
  for (const name of names) appendFileSync(join(view, name), 'x');
}

/** Makes files with three more names each, in directories far apart; returns the first names. */
export function strewGroups(lower: string, count: number): string[] {
  const directories = execFileSync('find', [lower, '-mindepth', '3', '-type', 'd', '-printf', '%P\\n'], {
    maxBuffer: 2 ** 30,
  })
    .toString()
    .trim()
    .split('\n')
    .sort();
  return Array.from({ length: count }, (_, group) => {
    const places = [0, 1, 2, 3].map(
      (k) => `${directories[(group * 7919 + k * 104_729) % directories.length]}/strewn${group}-${k}`,
    );
    const [first = '', ...others] = places;
    writeFileSync(join(lower, first), 'x');
    for (const other of others) linkSync(join(lower, first), join(lower, other));
    return first;
  });
}

/** The inode numbers of names, one a line, for the programs in C. */
export function writeInodes(file: string, lower: string, names: readonly string[]): void {
  writeFileSync(file, names.map((name) => `${statSync(join(lower, name)).ino}\n`).join(''));
}

/** Gives one group a name that no branch shows, so that a scan must look everywhere to be sure. */
export function hideOneName(root: string, lower: string, name: string): void {
  linkSync(join(lower, name), join(root, 'outside'));
}

/** How many entries an index holds. */
export function entries({ work }: OverlayStage): number {
  return readdirSync(join(work, 'index')).filter((name) => !name.startsWith('#')).length;
}
