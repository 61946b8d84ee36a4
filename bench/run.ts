// npm run bench -- [--files N] [--entries N] [--rounds N] [--cold] [--json FILE] [--compare FILE] [walk|flush|start|shortcuts|btrfs|xfs|lowers …]

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Contender, type Measured, measure } from './measure.js';
import { compile, isInstalled, type Programs } from './programs.js';
import { shortcuts } from './shortcuts.js';
import {
  change,
  entries,
  groups,
  hideOneName,
  makeStage,
  overlayStage,
  whileMounted,
  writeInodes,
} from './stage.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'string', default: '100000' },
    entries: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    cold: { type: 'boolean', default: false },
    json: { type: 'string' },
    compare: { type: 'string' },
  },
});

const project = fileURLToPath(new URL('../..', import.meta.url));
const plinkctl = [process.execPath, join(project, 'bin/plinkctl.js')] as const;
const files = Number(values.files);
const rounds = Number(values.rounds);
// Node 20 parses this file at every start: 40 ms that have nothing to do with any program, and flatter all ratios.
delete process.env.NODE_EXTRA_CA_CERTS;
const home = mkdtempSync(join(tmpdir(), 'plinkctl-bench-programs-'));

/** Groups that somebody changed on an ordinary day. */
const FEW = 10;

type Results = Record<string, Measured[]>;

function walks(programs: Programs, shape: string): Results {
  const stage = makeStage(files);
  try {
    const overlay = overlayStage(stage.root);
    execFileSync(programs['make-tree'], [overlay.lower, shape, String(files)]);
    const names = groups(overlay.lower, Number(values.entries));
    const inodes = join(home, 'inodes');
    writeInodes(inodes, overlay.lower, names);
    const list = (threads: string): Contender['command'] => [
      ...plinkctl,
      'list',
      '-q',
      '--threads',
      threads,
      ...overlay.words,
    ];
    const first = names[0] ?? '';
    const contenders: Contender[] = [
      { name: 'C getdents64', command: [programs.walk, overlay.lower, inodes] },
      { name: 'C nftw, stat, linear search', command: [programs.nftw, overlay.lower, inodes] },
      { name: 'find -inum', command: ['find', overlay.lower, '-xdev', '-inum', '1'] },
      ...(isInstalled('bfs')
        ? [{ name: 'bfs -inum', command: ['bfs', overlay.lower, '-xdev', '-inum', '1'] } as const]
        : []),
      ...(isInstalled('rsync')
        ? [
            {
              name: 'rsync -aHn',
              command: ['rsync', '-aHn', `${overlay.lower}/`, join(home, 'empty')],
            } as const,
          ]
        : []),
    ];
    whileMounted(stage.root, overlay, (view) => change(view, names.slice(0, FEW)));
    const usual = measure(
      programs.measure,
      [
        { name: 'C getdents64', command: [programs.walk, overlay.lower, inodes] },
        { name: 'plinkctl list, usual case', command: list('2') },
      ],
      { rounds, cold: values.cold },
    );
    whileMounted(stage.root, overlay, (view) => change(view, names.slice(FEW)));
    hideOneName(stage.root, overlay.lower, first);
    contenders.push(
      { name: 'plinkctl list, whole walk, 1 thread', command: list('1') },
      { name: 'plinkctl list, whole walk, 2 threads', command: list('2') },
    );
    const whole = measure(programs.measure, contenders, { rounds, cold: values.cold });
    const what = `${files} files (${shape}), ${entries(overlay)} entries, ${values.cold ? 'cold' : 'warm'}`;
    return { [`walk of ${what}`]: whole, [`${FEW} entries, their other names near, of ${what}`]: usual };
  } finally {
    stage.dispose();
  }
}

function flushes(programs: Programs): Results {
  const [count, directories] = [25_000, 500];
  const stage = makeStage(count * 8);
  try {
    const root = (round: number): string => join(stage.root, `round${round}`);
    let round = 0;
    const prepare = (): void => {
      rmSync(root(round), { recursive: true, force: true });
      round += 1;
      const overlay = overlayStage(root(round));
      execFileSync(programs['make-tree'], [overlay.lower, 'flat', '0']);
      makeGroups(overlay.lower, count, directories);
      cpSync(join(overlay.lower, 'orig'), join(root(round), 'index'), { recursive: true });
      mkdirSync(join(root(round), 'target'));
      const names = Array.from({ length: count }, (_, i) => `orig/f${String(i).padStart(6, '0')}`);
      whileMounted(root(round), overlay, (view) => change(view, names));
      execFileSync('sync');
      overlayWords.splice(0, overlayWords.length, ...overlay.words);
      cCommand.splice(1, 2, join(root(round), 'index'), join(root(round), 'target'));
    };
    const overlayWords: string[] = [...plinkctl, 'flush', '-q'];
    const cCommand: [string, ...string[]] = [programs.links, '', '', String(count), String(directories)];
    const samples: { c: number[]; ours: number[]; mib: number } = { c: [], ours: [], mib: 0 };
    for (let i = 0; i < Math.min(rounds, 3); i += 1) {
      prepare();
      const words: [string, ...string[]] = [plinkctl[0], plinkctl[1], 'flush', '-q', ...overlayWords];
      const [c] = measure(programs.measure, [{ name: 'C', command: [...cCommand] }], {
        rounds: 1,
        cold: true,
      });
      const [ours] = measure(programs.measure, [{ name: 'plinkctl', command: words }], {
        rounds: 1,
        cold: true,
      });
      samples.c.push(c?.ms ?? 0);
      samples.ours.push(ours?.ms ?? 0);
      samples.mib = Math.max(samples.mib, ours?.mib ?? 0);
    }
    const middle = (list: number[]): number =>
      [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
    return {
      [`flush of ${count} entries, ${count * 2} links into ${directories} directories`]: [
        { name: 'C links, syncs, removals', ms: middle(samples.c), ratio: 1, mib: 2 },
        {
          name: 'plinkctl flush (scan included)',
          ms: middle(samples.ours),
          ratio: middle(samples.ours.map((ms, i) => ms / (samples.c[i] ?? Number.NaN))),
          mib: samples.mib,
        },
      ],
    };
  } finally {
    stage.dispose();
  }
}

function makeGroups(lower: string, count: number, directories: number): void {
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

function starts(programs: Programs): Results {
  const stage = makeStage(1000);
  try {
    const overlay = overlayStage(stage.root);
    whileMounted(stage.root, overlay, () => undefined);
    const contenders: Contender[] = [
      { name: 'node -e 0', command: [process.execPath, '-e', '0'] },
      { name: 'plinkctl --version', command: [...plinkctl, '--version'] },
      { name: 'plinkctl list, empty index', command: [...plinkctl, 'list', ...overlay.words] },
    ];
    return { start: measure(programs.measure, contenders, { rounds: rounds * 4, cold: false }) };
  } finally {
    stage.dispose();
  }
}

function print(results: Results, earlier: Results): void {
  for (const [title, rows] of Object.entries(results)) {
    console.log(`\n${title}\n${'ratio'.padStart(8)}${'ms'.padStart(10)}${'MiB'.padStart(8)}`);
    for (const { name, ratio, ms, mib } of rows) {
      const was = earlier[title]?.find((row) => row.name === name);
      const change = was === undefined ? '' : `   (ratio was ${was.ratio.toFixed(2)})`;
      console.log(
        `${ratio.toFixed(2).padStart(8)}${ms.toFixed(1).padStart(10)}${mib.toFixed(0).padStart(8)}  ${name}${change}`,
      );
    }
  }
}

try {
  const programs = compile(join(project, 'bench'), home);
  const wanted = positionals.length > 0 ? positionals : ['walk', 'flush', 'start'];
  const results: Results = {};
  if (wanted.includes('walk')) Object.assign(results, walks(programs, 'wide'));
  if (wanted.includes('flat')) Object.assign(results, walks(programs, 'flat'));
  if (wanted.includes('deep')) Object.assign(results, walks(programs, 'deep'));
  if (wanted.includes('flush')) Object.assign(results, flushes(programs));
  for (const [name, run] of Object.entries(shortcuts)) {
    if (!wanted.includes('shortcuts') && !wanted.includes(name)) continue;
    Object.assign(results, run({ programs, plinkctl, files, rounds, home }));
  }
  if (wanted.includes('start')) Object.assign(results, starts(programs));
  print(
    results,
    values.compare === undefined ? {} : (JSON.parse(readFileSync(values.compare, 'utf8')) as Results),
  );
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
} finally {
  rmSync(home, { recursive: true, force: true });
}
