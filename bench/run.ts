// npm run bench -- [--files N] [--entries N] [--rounds N] [--cold] [--json FILE] [--compare FILE] [walk|flush|start|shortcuts|ext4|btrfs|xfs|lowers|system|aufs …]

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { flushes } from './flushes.js';
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
    const wanted = Number(values.entries);
    // As many groups as there are to be entries.
    const every = Math.min(100, Math.floor(files / wanted));
    execFileSync(programs['make-tree'], [overlay.lower, shape, String(files), String(every)]);
    const names = groups(overlay.lower, wanted);
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
      { name: 'C getdents64, two threads', command: [programs.walk, overlay.lower, inodes, '2'] },
      {
        name: 'C, all that a scan has to ask',
        command: [programs.scan, overlay.upper, join(overlay.work, 'index'), overlay.lower],
      },
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
    for (const threads of ['1', '2'])
      contenders.push(
        { name: `plinkctl list, ${threads} thread(s)`, command: list(threads) },
        {
          name: `plinkctl list --no-device, ${threads} thread(s)`,
          command: [...list(threads), '--no-device'],
        },
      );
    const whole = measure(programs.measure, contenders, { rounds, cold: values.cold });
    const what = `${files} files (${shape}), ${entries(overlay)} entries, ${values.cold ? 'cold' : 'warm'}`;
    return { [`walk of ${what}`]: whole, [`${FEW} entries, their other names near, of ${what}`]: usual };
  } finally {
    stage.dispose();
  }
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
  if (wanted.includes('flush')) Object.assign(results, flushes({ programs, plinkctl, rounds }));
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
