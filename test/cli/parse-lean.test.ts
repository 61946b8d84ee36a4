import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Command, defineCommand } from '../../src/cli/command.js';
import { parseLean } from '../../src/cli/parse-lean.js';
import type { ParsedLine } from '../../src/cli/parsed-line.js';
import { commands } from '../../src/cli/table.js';
import { askYargs } from '../../src/cli/yargs.js';
import type { Bytes } from '../../src/sys/bytes.js';
import '../support/property-seed.js';

const words = (...argv: string[]): Bytes[] => argv as Bytes[];

const maintRun = defineCommand({
  name: 'maint run',
  summary: 'run a command',
  details: [],
  examples: [],
  exitStatus: [],
  positionals: ['[MOUNTPOINT]'],
  takesRest: true,
  options: {
    upper: { type: 'text', describe: 'upper' },
    quiet: { type: 'flag', alias: 'q', describe: 'quiet' },
  },
  run: () => Promise.reject(new Error('not called')),
});
const table: readonly Command[] = [...commands, maintRun];

async function byYargs(argv: readonly Bytes[]): Promise<ParsedLine | string> {
  try {
    const answer = await askYargs(table, argv, { version: '1', columns: 80 });
    return 'output' in answer ? 'output' : answer;
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

function plain(line: ParsedLine): object {
  const { command, raw, positionals, rest } = line;
  return { command: command.name, raw: Object.fromEntries(raw), positionals, rest };
}

async function expectSame(argv: readonly Bytes[]): Promise<void> {
  const lean = parseLean(table, argv);
  if (lean === undefined) return;
  const full = await byYargs(argv);
  expect(typeof full === 'string' ? full : plain(full)).toEqual(plain(lean));
}

describe('the lean parser reads as yargs does', () => {
  const accepted: string[][] = [
    ['list'],
    ['list', '/mnt'],
    ['list', '/mnt', '--json'],
    ['list', '--json', '/mnt'],
    ['list', '-qv'],
    ['list', '-q', '-q'],
    ['list', '--no-color', '--progress'],
    ['list', '--color', '--no-color'],
    ['list', '-o', 'lowerdir=/l,upperdir=/u'],
    ['list', '-olowerdir=/l', '-o', 'upperdir=/u', '--options', 'workdir=/w', '--options=index=on'],
    ['list', '-o=br:/u=rw:/l=ro'],
    ['list', '-qobr:/u'],
    ['list', '--upper', '/u', '--lower', '/l1', '--lower=/l2', '--work=/w'],
    ['list', '--lower', '/l', '/mnt'],
    ['list', '--upper=/a=b'],
    ['list', '--upper', 'a b'],
    ['list', '--upper=-dash'],
    ['list', '--format', 'aufs'],
    ['list', '--timeout', '10'],
    ['list', '--timeout=1.5'],
    ['list', '--fstab', '/mnt'],
    ['list', '--fstab=/x', '/mnt'],
    ['list', '--fstab', '/etc/fstab', '/mnt'],
    ['list', '--', '-strange', '--json'],
    ['list', '/a', '--', '/b'],
    ['list', '123'],
    ['list', '0x10', '1e3'],
    ['flush', '-n', '--wait', '/mnt'],
    ['flush', '--wait=5', '/mnt'],
    ['flush', '-nq', '--all'],
    ['flush', '--dry-run'],
    ['list', '--upper', '12'],
    ['list', '--upper', '007'],
    ['list', '--upper', 'true'],
    ['list', '-o', '5'],
    ['list', '--upper', '\xff\xfe'],
    ['discover'],
    ['discover', '--json'],
    ['maint run', '/mnt'].flatMap((word) => word.split(' ')),
    ['maint', 'run', '/mnt', '--', 'rsync', '-a', '--delete', '--', 'x'],
    ['maint', 'run', '-q', '--upper', '/u', '--', 'true'],
  ];
  test.each(accepted.map((argv) => [argv.join(' '), argv] as const))('%s', async (_, argv) => {
    expect(parseLean(table, words(...argv))).toBeDefined();
    await expectSame(words(...argv));
  });

  const left: string[][] = [
    [],
    ['--help'],
    ['list', '--help'],
    ['list', '-h'],
    ['list', '--version'],
    ['lsit'],
    ['list', '--unknown'],
    ['list', '--upper'],
    ['list', '--upper='],
    ['list', '--upper', '--json'],
    ['list', '--no-upper'],
    ['list', '--upper', 'a', '--upper', 'b'],
    ['list', '--json=false'],
    ['list', '--json', 'true'],
    ['list', '-x'],
    ['list', '-qx'],
    ['list', '-o'],
    ['list', '-'],
    ['list', '--dry-run'],
    ['list', '--constructor'],
    ['list', '--__proto__'],
    ['list', '--toString=x'],
    ['discover', '/mnt'],
    ['discover', '--', '/mnt'],
    ['--json', 'list'],
    ['maint'],
    ['completion'],
  ];
  test.each(left.map((argv) => [argv.join(' '), argv] as const))('leaves to yargs: %s', (_, argv) => {
    expect(parseLean(table, words(...argv))).toBeUndefined();
  });

  test('any mixture of words', async () => {
    const pool = [
      ...'list flush check restore discover maint run -q -v -n -nq -qv -o -ox=y -o=z -nobr:/u --json --no-json'.split(
        ' ',
      ),
      ...'--json=true --color --no-color --upper --upper=/u --lower --lower=/l --work /w --wait --wait=3'.split(
        ' ',
      ),
      ...'--fstab --fstab=/f --format --format=aufs overlay --timeout --timeout=5 5 -5 - -- true false /mnt x=y'.split(
        ' ',
      ),
      ...'--no-upper --log-format=json --metrics=/m --all --kernel-root=/k -x --x --x=y --no-x -vo --dry-run'.split(
        ' ',
      ),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('list', 'flush', 'discover', 'restore'),
        fc.array(fc.constantFrom(...pool), { maxLength: 6 }),
        async (command, argv) => expectSame(words(command, ...argv)),
      ),
      { numRuns: 400 },
    );
  });
});
