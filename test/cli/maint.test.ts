import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runMain } from '../support/run-main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

describe('maint', () => {
  let directory: TempDir;
  let words: string[];

  beforeEach(() => {
    directory = tempDir('maint');
    for (const name of ['upper/.wh..wh.plnk', 'lower'])
      mkdirSync(join(directory.path, name), { recursive: true });
    words = ['-o', `br:${directory.path}/upper=rw:${directory.path}/lower=ro`];
  });

  afterEach(() => directory.dispose());

  test('run gives the status of the command', async () => {
    expect(await runMain('maint', 'run', ...words, '--', 'sh', '-c', 'exit 37')).toEqual({
      code: 37,
      out: '',
      err: '',
    });
    expect((await runMain('maint', 'run', ...words, '--', 'sh', '-c', 'kill -9 $$')).code).toBe(137);
  });

  test('run says that its time is up', async () => {
    expect(await runMain('maint', 'run', '--timeout=1', ...words, '--', 'sleep', '20')).toEqual({
      code: 143,
      out: '',
      err: 'plinkctl: stopped after 1 second, as --timeout says: the command is sent SIGTERM\n',
    });
  });

  test('run refuses an empty command', async () => {
    const { code, err } = await runMain('maint', 'run', ...words, '--', '');
    expect([code, err]).toEqual([16, expect.stringMatching(/^plinkctl: no command is given\n/)]);
  });

  test('run --json has stdout for its document', async () => {
    const { code, out } = await runMain('maint', 'run', '--json', ...words, '--', 'sh', '-c', 'exit 3');
    expect({ code, json: JSON.parse(out) }).toMatchObject({
      code: 3,
      json: { schema: 'plinkctl/1', command: 'maint run', target: { format: 'aufs' }, exitCode: 3 },
    });
  });

  test('status tells who holds it while the command runs', async () => {
    const [started, stop] = [join(directory.path, 'started'), join(directory.path, 'stop')];
    const script = `touch ${started}; while [ ! -e ${stop} ]; do sleep 0.02; done`;
    const running = runMain('maint', 'run', ...words, '--', 'sh', '-c', script);
    while (!existsSync(started)) await sleep(5);
    const { code, out } = await runMain('maint', 'status', ...words);
    const json = JSON.parse((await runMain('maint', 'status', ...words, '--json')).out);
    writeFileSync(stop, '');
    expect(await running).toEqual({ code: 0, out: '', err: '' });
    expect({ code, out }).toEqual({
      code: 75,
      out: expect.stringContaining(`held by pid ${process.pid} (plinkctl maint run)`),
    });
    expect(json).toMatchObject({
      schema: 'plinkctl/1',
      command: 'maint status',
      held: true,
      holder: { pid: process.pid, command: 'maint run', alive: true },
      exitCode: 75,
    });
    expect(await runMain('maint', 'status', ...words)).toMatchObject({
      code: 0,
      out: expect.stringContaining('nobody holds'),
    });
  });

  test.each([
    [['maint', 'run'], 'no command is given'],
    [['maint', 'run', '--'], 'no command is given'],
  ])('%j is refused', async (argv, message) => {
    expect(await runMain(...argv)).toMatchObject({ code: 16, err: expect.stringContaining(message) });
  });

  test('a command that is not there', async () => {
    expect(await runMain('maint', 'run', ...words, '--', '/does/not/exist')).toMatchObject({
      code: 8,
      err: expect.stringContaining('cannot be run: no such file or directory'),
    });
  });
});
