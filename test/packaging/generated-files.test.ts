import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { generatedFiles } from '../../packaging/generate/generated-files.js';
import { shownOptions } from '../../src/cli/completion/shown-options.js';
import { personalities } from '../../src/cli/personality-of.js';
import { commands } from '../../src/cli/table.js';
import { command } from '../support/command.js';
import { describeProgram } from '../support/needs-program.js';
import { tempDir } from '../support/temp-dir.js';

const read = (path: string): string => readFileSync(path, 'utf8');

describe('files made from the command table', () => {
  test('are written by the program that npm run man runs', () => {
    const directory = tempDir('generated');
    try {
      command(process.execPath, 'packaging/generate.mjs', directory.path);
      for (const [path, text] of generatedFiles(read))
        expect(readFileSync(join(directory.path, path), 'utf8')).toBe(text);
    } finally {
      directory.dispose();
    }
  });

  test.each([...generatedFiles(read)])('%s is not stale (npm run man writes it)', (path, text) => {
    expect(read(path)).toBe(text);
  });

  test('another table gives other files', () => {
    const fewer = generatedFiles(read, commands.slice(1));
    for (const [path, text] of generatedFiles(read)) expect(fewer.get(path)).not.toBe(text);
  });

  test.each(['plinkctl.bash', '_plinkctl', 'plinkctl.fish'])('%s knows every word', (name) => {
    const text = read(`packaging/completions/${name}`);
    const long = name === 'plinkctl.fish' ? '-l ' : '--';
    const words = commands.flatMap((each) => [
      ...each.name.split(' '),
      ...shownOptions(each.options).map(([option]) => `${long}${option}`),
    ]);
    for (const word of [...words, ...Object.keys(personalities)]) expect(text).toContain(word);
  });
});

describe('the completion for bash', () => {
  const complete = (...words: string[]): string[] =>
    command(
      'bash',
      '-c',
      `source packaging/completions/plinkctl.bash
       COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
       _plinkctl
       printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      'plinkctl',
      ...words,
    )
      .split('\n')
      .filter((word) => word !== '');

  test('is loaded by bash', () => {
    const script = 'source packaging/completions/plinkctl.bash; complete -p plinkctl';
    expect(command('bash', '-c', script)).toBe('complete -F _plinkctl plinkctl\n');
  });

  test.each([
    [['fl'], ['flush']],
    [['maint', 'st'], ['status']],
    [['flush', '--dr'], ['--dry-run']],
    [['maint', 'run', '--up'], ['--upper']],
    [
      ['list', '--format', ''],
      ['aufs', 'overlay'],
    ],
    [['list', '--format', '=', 'o'], ['overlay']],
    [['flush', '--upper', '/et'], ['/etc']],
    [['as', 'umount.o'], ['umount.overlay']],
  ])('%j', (words, offered) => {
    expect(complete(...words)).toEqual(offered);
  });
});

describeProgram('the completion for zsh', ['zsh'], () => {
  test('is read by zsh', () => {
    expect(command('zsh', '-n', 'packaging/completions/_plinkctl')).toBe('');
  });
});

describeProgram('the completion for fish', ['fish'], () => {
  test('offers commands and options', () => {
    const offered = (line: string): string[] =>
      command(
        'fish',
        '--no-config',
        '-c',
        `source packaging/completions/plinkctl.fish; complete -C '${line}'`,
      )
        .trim()
        .split('\n')
        .map((each) => each.split('\t')[0] ?? '');
    expect(offered('plinkctl flu')).toEqual(['flush']);
    expect(offered('plinkctl flush --dry')).toEqual(['--dry-run']);
    expect(offered('plinkctl list --format ')).toEqual(['aufs', 'overlay']);
  });
});
