import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { markupTags } from '../support/markup-tags.js';
import { runMain } from '../support/run-main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

let directory: TempDir;
const at = (...names: string[]): string => join(directory.path, ...names);
const check = (...words: string[]) => runMain('check', '-o', `br:${at('u')}=rw:${at('l')}=ro`, ...words);

beforeEach(() => {
  directory = tempDir('html');
  for (const name of ['u', 'l', 'u/.wh..wh.plnk', 'out']) mkdirSync(at(name));
  writeFileSync(at('u', '.wh..wh.plnk', 'not <an> entry'), 'x');
});

afterEach(() => {
  directory.dispose();
});

describe('check --html', () => {
  test.each(['out', 'out/', 'new/'])('a directory is refused before the run: %s', async (name) => {
    for (const option of ['--html', '--metrics']) {
      const { code, out, err } = await check(option, at(name));
      expect({ code, out, err }).toEqual({
        ...{ code: 16, out: '' },
        err: `plinkctl: ${at(name)}: is a directory, and a file is to be written\n  give the name of a file in it\n`,
      });
    }
  });

  test('writes a page beside the report, for its owner alone', async () => {
    expect(await check('--html', at('out', 'page.html'))).toEqual(await check());
    const page = readFileSync(at('out', 'page.html'), 'utf8');
    expect(markupTags(page).length).toBeGreaterThan(20);
    expect(page).toContain('not &lt;an&gt; entry');
    expect(readdirSync(at('out'))).toEqual(['page.html']);
    expect(statSync(at('out', 'page.html')).mode & 0o7777).toBe(0o600);
  });

  test('replaces what is there, a link itself and not what it leads to', async () => {
    writeFileSync(at('out', 'other'), 'mine');
    symlinkSync('other', at('out', 'page.html'));
    await check('--html', at('out', 'page.html'));
    expect(readFileSync(at('out', 'other'), 'utf8')).toBe('mine');
    expect(readFileSync(at('out', 'page.html'), 'utf8')).toContain('</html>');
  });

  test.each([
    ['a fifo', (file: string) => execFileSync('mkfifo', [file])],
    ['what leads to a device', (file: string) => symlinkSync('/dev/null', file)],
    ['what leads to stdout', (file: string) => symlinkSync('/proc/self/fd/1', file)],
  ])('%s is not replaced', async (_, make) => {
    const file = at('out', 'page.html');
    make(file);
    const before = lstatSync(file);
    for (const option of ['--html', '--metrics']) {
      const { code, err } = await check(option, file);
      expect({ code, err }).toEqual({ code: 16, err: expect.stringContaining('is no ordinary file') });
    }
    expect(lstatSync(file)).toMatchObject({ ino: before.ino, mode: before.mode });
  });

  test('a directory that is not there is an error behind the result, and nothing is left', async () => {
    const { code, out, err } = await check('--html', at('nowhere', 'page.html'));
    expect([code, out]).toEqual([8, (await check()).out]);
    const { out: json } = await check('--json', '--html', at('nowhere', 'page.html'));
    expect(JSON.parse(json)).toMatchObject({ exitCode: 8, error: { code: 'ENOENT' }, summary: {} });
    expect(err).toBe(`plinkctl: ${at('nowhere', 'page.html')}: no such file or directory (open)\n`);
    expect(readdirSync(at('out'))).toEqual([]);
  });
});
