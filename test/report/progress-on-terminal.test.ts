import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bundle } from '../support/bundle.js';
import { describeProgram } from '../support/needs-program.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

describeProgram('spinner on a real terminal', ['script', 'stty'], () => {
  let directory: TempDir;
  let program: string;

  beforeAll(async () => {
    directory = tempDir('spinner');
    program = join(directory.path, 'spinner.mjs');
    await bundle(fileURLToPath(new URL('../support/spinner-main.ts', import.meta.url)), program);
  });

  afterAll(() => directory.dispose());

  const run = (...columns: string[]) => {
    const line = [process.execPath, program, ...columns].map((word) => `'${word}'`).join(' ');
    return spawnSync('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
      encoding: 'utf8',
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
  };

  test('0 columns: nothing is drawn, and it ends', () => {
    const { status, stdout } = run('0');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'ended\r\n' });
  });

  test('columns that go and come again', () => {
    const { status, stdout } = run('60', '0', '60');
    expect(status).toBe(0);
    expect(stdout).toContain('frame 3 of 60');
    expect(stdout).not.toContain('of 0');
    expect(stdout).toMatch(/ended\r\n$/);
  });
});
