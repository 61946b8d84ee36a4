import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { describeProgram } from '../support/needs-program.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

// As findmnt --raw of util-linux writes them.
const raw = [
  '/nowhere/$(>PWNED)',
  '/nowhere/`>PWNED`',
  String.raw`/nowhere/my\x20union`,
  String.raw`/nowhere/it's\x5cx41`,
  '/nowhere/*',
  String.raw`/nowhere/\xc3\xa4`,
];
const names = ['$(>PWNED)', '`>PWNED`', 'my union', String.raw`it's\x41`, '*', 'ä'];
const mounted = names.map((name) => `/nowhere/${name}`);

let directory: TempDir;

beforeEach(() => {
  directory = tempDir('completion');
  writeFileSync(join(directory.path, 'raw'), raw.map((line) => `${line}\n`).join(''));
  writeFileSync(join(directory.path, 'findmnt'), `#!/bin/sh\ncat '${directory.path}/raw'\n`, { mode: 0o755 });
});

afterEach(() => {
  expect(existsSync(join(directory.path, 'PWNED'))).toBe(false);
  directory.dispose();
});

/** Lines that a shell writes, with the stand-in for findmnt before the real one. */
function offered(shell: readonly string[], script: string, ...words: readonly string[]): string[] {
  const here = 'cd "$1" && PATH=$1:$PATH && export PATH && shift && exec "$@"';
  const [program = '', ...flags] = shell;
  return command('sh', '-c', here, 'sh', directory.path, program, ...flags, script, ...words)
    .split('\n')
    .filter((line) => line !== '');
}

const file = (name: string): string => join(process.cwd(), 'packaging/completions', name);

describe('the completion for bash', () => {
  const complete = (word: string): string[] =>
    offered(
      ['bash', '-c'],
      `source '${file('plinkctl.bash')}'
       COMP_WORDS=(plinkctl list "$1") COMP_CWORD=2
       _plinkctl
       printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      word,
    );

  test('runs and expands nothing that a mount point is named', () => {
    expect(complete('/nowhere/')).toEqual(mounted);
  });

  test.each([
    ['/nowhere/my', '/nowhere/my union'],
    [String.raw`/nowhere/my\ u`, '/nowhere/my union'],
    ['"/nowhere/my u', '/nowhere/my union'],
    ["'/nowhere/my u", '/nowhere/my union'],
  ])('what begins with %s', (word, name) => {
    expect(complete(word)).toEqual([name]);
  });
});

describeProgram('the completion for zsh', ['zsh'], () => {
  test('offers mount points as they are named', () => {
    const script = `compdef() { }
      _alternative() { print -rl -- $mounted }
      source '${file('_plinkctl')}'
      _plinkctl_unions`;
    expect(offered(['zsh', '-f', '-c'], script)).toEqual(mounted);
  });
});

describeProgram('the completion for fish', ['fish'], () => {
  test('offers mount points as they are named', () => {
    const script = `source '${file('plinkctl.fish')}'; complete -C 'plinkctl list /nowhere/'`;
    const found = offered(['fish', '--no-config', '-c'], script);
    expect([...found].sort()).toEqual([...mounted].sort());
  });
});
