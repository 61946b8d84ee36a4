import { closeSync, fstatSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isJournal } from '../../src/cli/is-journal.js';
import { main } from '../../src/main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

let directory: TempDir;
const at = (...names: string[]): string => join(directory.path, ...names);

beforeEach(() => {
  directory = tempDir('journal');
});

afterEach(() => {
  directory.dispose();
});

test('the journal is the stream that JOURNAL_STREAM tells of, and no other', () => {
  writeFileSync(at('a'), '');
  const fd = openSync(at('a'), 'r');
  const { dev, ino } = fstatSync(fd, { bigint: true });
  const told = (stream: string | undefined): boolean => isJournal(fd, { JOURNAL_STREAM: stream });
  expect(told(`${dev}:${ino}`)).toBe(true);
  expect(told(`${dev}:${ino + 1n}`)).toBe(false);
  for (const stream of [undefined, '', 'x', ':']) expect(told(stream)).toBe(false);
  closeSync(fd);
  expect(told(`${dev}:${ino}`)).toBe(false);
});

describe('priorities', () => {
  async function run(journal: { readonly out?: boolean; readonly err?: boolean }, ...argv: string[]) {
    let [out, err] = ['', ''];
    await main('plinkctl', argv, {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      outIsTerminal: false,
      errIsTerminal: false,
      outIsJournal: journal.out ?? false,
      errIsJournal: journal.err ?? false,
      columns: 80,
      env: {},
    });
    return { out, err };
  }

  beforeEach(() => {
    for (const name of ['u', 'l', 'u/.wh..wh.plnk']) mkdirSync(at(name));
  });

  test('a failure is an error of the journal', async () => {
    expect((await run({ err: true }, 'lsit')).err).toBe('<3>unknown command: lsit\n<3>did you mean list?\n');
    expect((await run({ err: true }, 'list', at('none'))).err).toMatch(/^(<3>.*\n)+$/);
    expect((await run({ out: true }, 'lsit')).err).toMatch(/^plinkctl: /);
    expect((await run({ err: true }, 'lsit', '--log-format=text')).err).toMatch(/^plinkctl: /);
    expect((await run({ err: true }, 'lsit', '--log-format=json')).err).toMatch(/^\{/);
  });

  test('the report has them only where the journal reads it', async () => {
    const words = ['list', '-o', `br:${at('u')}=rw:${at('l')}=ro`];
    expect((await run({ out: true, err: true }, ...words)).out).toMatch(/^(<6>.+\n)+$/);
    expect((await run({ err: true }, ...words)).out).toMatch(/^aufs, /);
    expect((await run({ out: true }, ...words, '--log-format=text')).out).toMatch(/^aufs, /);
    expect((await run({ out: true, err: true }, ...words, '--json')).out).toMatch(/^\{/);
  });
});
