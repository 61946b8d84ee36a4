import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runInMaintenance } from '../../src/lock/run-in-maintenance.js';
import { driver, lockScene, runtime, temp, union } from '../support/lock-scene.js';

lockScene({ index: true });

const run = (program: string, ...args: string[]) =>
  runInMaintenance(union, program, args, { wait: undefined, runtimeDirectory: runtime });

describe('runInMaintenance', () => {
  test.each([0, 1, 8, 255])('returns the exit status %i', async (status) => {
    expect(await run('sh', '-c', `exit ${status}`)).toBe(status);
    expect(readdirSync(runtime)).toEqual([]);
  });

  test('returns 128+n for signal n', async () => {
    expect(await run('sh', '-c', 'kill -KILL $$')).toBe(137);
    expect(await run('sh', '-c', 'kill -TERM $$')).toBe(143);
  });

  test('says which program cannot be run, and lets go', async () => {
    await expect(run('/nowhere/program')).rejects.toMatchObject({
      code: 'cannot-run',
      kind: 'operational',
      path: '/nowhere/program',
    });
    expect(readdirSync(runtime)).toEqual([]);
    expect(await run('true')).toBe(0);
  });

  test('tells, before the program runs, that it cannot be admitted for want of a record', async () => {
    const notes: string[] = [];
    const { path } = temp;
    writeFileSync(join(path, 'file'), '');
    const options = {
      wait: undefined,
      runtimeDirectory: join(path, 'file'),
      onNote: (text: string) => void notes.push(text),
    };
    expect(await runInMaintenance(union, 'touch', [join(path, 'ran')], options)).toBe(0);
    expect(notes).toEqual([expect.stringContaining('no private directory')]);
    expect(readdirSync(path)).toContain('ran');
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('hands %s on and waits for the end', async (signal) => {
    const seen = join(temp.path, 'seen');
    const script = `trap 'echo ${signal} >>${seen}; exit 9' ${signal.slice(3)}; echo '{}'; while :; do sleep 0.05; done`;
    const running = driver.start('run', union, { runtime, program: ['sh', '-c', script] });
    await running.answer();
    running.process.kill(signal);
    expect(await running.ended).toBe(9);
    expect(readFileSync(seen, 'latin1')).toBe(`${signal}\n`);
    expect(readdirSync(runtime)).toEqual([]);
  });

  test('sends one ^C of a terminal once', async () => {
    const seen = join(temp.path, 'seen');
    const inner = join(temp.path, 'inner.sh');
    writeFileSync(
      inner,
      `trap 'echo INT >>${seen}' INT; echo ready; i=0; while [ $i -lt 20 ]; do sleep 0.05; i=$((i+1)); done\n`,
    );
    const words = [process.execPath, ...driver.args('run', union, { runtime, program: ['sh', inner] })];
    const command = words.map((word) => `'${word}'`).join(' ');
    const terminal = spawn('script', ['--quiet', '--return', '--command', `exec ${command}`, '/dev/null']);
    const ended = new Promise((resolve) => terminal.once('exit', resolve));
    terminal.stdout.once('data', () => terminal.stdin.write('\x03'));
    expect(await ended).toBe(0);
    expect(readFileSync(seen, 'latin1')).toBe('INT\n');
  });

  test('ends the program on an abort', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('timeout')), 200);
    const options = { wait: undefined, runtimeDirectory: runtime, signal: abort.signal };
    expect(await runInMaintenance(union, 'sleep', ['60'], options)).toBe(143);
    expect(readdirSync(runtime)).toEqual([]);
  });
});
