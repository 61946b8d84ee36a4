import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { maintenanceStatus } from '../../src/lock/maintenance-status.js';
import type { Answer, DriverCommand, RunningDriver } from '../support/lock-driver.js';
import { driver, lockScene, runtime, started, temp, union } from '../support/lock-scene.js';

lockScene({ index: true });

const locked = { code: 'locked', kind: 'busy' };

/** The command line of a driver. */
const program = (command: DriverCommand, options: object = {}) => [
  process.execPath,
  ...driver.args(command, union, { runtime, ...options }),
];

function start(command: DriverCommand, options: object = {}): RunningDriver {
  const running = driver.start(command, union, { runtime, ...options });
  started.push(running);
  return running;
}

describe('a program started by the holder', () => {
  test('may enter', () => {
    expect(driver.run('run', union, { runtime, program: program('try') })).toEqual({
      inherited: true,
      notes: [],
    });
    expect(readdirSync(runtime)).toEqual([]);
  });

  test('may enter through others in between', () => {
    const shells = ['sh', '-c', 'sh -c \'"$@"; exit $?\' sh "$@"; exit $?', 'sh', ...program('try')];
    expect(driver.run('run', union, { runtime, program: shells })).toEqual({ inherited: true, notes: [] });
  });

  test('may hold the mode for its own children in turn', () => {
    const nested = program('run', { program: program('run', { program: program('try') }) });
    expect(driver.run('run', union, { runtime, program: nested })).toEqual({ inherited: true, notes: [] });
    expect(readdirSync(runtime)).toEqual([]);
  });

  test('shuts out its siblings, while strangers see both', async () => {
    const script = '"$@" & p=$!; sleep 1; "$@"; kill $p';
    const running = start('run', { program: ['sh', '-c', script, 'sh', ...program('linger')] });
    const { held, inherited } = await running.answer();
    expect(inherited).toBe(true);
    expect(await maintenanceStatus(union, { runtimeDirectory: runtime })).toMatchObject({
      held: true,
      holder: { pid: running.process.pid, command: 'maint run', alive: true },
      child: { pid: held, command: 'test', alive: true },
    });
    expect(driver.run('try', union, { runtime })).toMatchObject(locked);
    expect(await running.answer()).toMatchObject({
      ...locked,
      message: expect.stringContaining(`by a program that its holder started) by pid ${String(held)} `),
    });
  });

  test('has one inside at a time among twelve', async () => {
    const log = join(temp.path, 'log');
    const contend = program('contend', { wait: 1000, log, rounds: 5 });
    const script = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do "$@" & done; wait';
    expect(await start('run', { program: ['sh', '-c', script, 'sh', ...contend] }).ended).toBe(0);
    const lines = readFileSync(log, 'latin1').trim().split('\n');
    expect(lines).toHaveLength(12 * 5 * 2);
    expect(lines.filter((line) => line.startsWith('TWO'))).toEqual([]);
    expect(readdirSync(runtime)).toEqual([]);
  });

  test('keeps everybody out while it works on, though the holder was killed', async () => {
    const running = start('run', { program: ['sh', '-c', '"$@" & wait', 'sh', ...program('linger')] });
    const { held } = await running.answer();
    await running.kill();
    const answer = driver.run('try', union, { runtime });
    expect(answer).toMatchObject(locked);
    expect(answer.message).toContain(`held (by a program that its holder started) by pid ${String(held)} `);
    expect(await maintenanceStatus(union, { runtimeDirectory: runtime })).toMatchObject({ held: true });
    process.kill(Number(held), 'SIGKILL');
    expect(driver.run('try', union, { runtime, wait: 10 })).toEqual({ inherited: false, notes: [] });
    expect(readdirSync(runtime)).toEqual([]);
  });

  test('may not enter once the holder is gone', async () => {
    const answer = join(temp.path, 'answer');
    // The shell leaves its child to init, and ends; with it the holder.
    const script = 'a=$1; shift; (sleep 1; "$@" >"$a.new"; mv "$a.new" "$a") >/dev/null 2>&1 &';
    const running = start('run', { program: ['sh', '-c', script, 'sh', answer, ...program('try')] });
    expect(await running.ended).toBe(0);
    const next = start('hold', { admitsChildren: true });
    await next.answer();
    expect(await fileAnswer(answer)).toMatchObject(locked);
  });
});

describe('somebody else', () => {
  test('may not enter with the same environment, nor with a record that names its parent', async () => {
    const holding = start('hold', { admitsChildren: true });
    await holding.answer();
    const environment = readFileSync(`/proc/${holding.process.pid}/environ`, 'latin1')
      .split('\0')
      .filter(Boolean);
    expect(driver.run('try', union, { runtime }, ['env', '-i', ...environment])).toMatchObject(locked);

    // Of its parent there is the right pid, but not the right start.
    const [name = ''] = readdirSync(runtime).filter((each) => each.endsWith('.json'));
    const record: unknown = JSON.parse(readFileSync(join(runtime, name), 'utf8'));
    writeFileSync(join(runtime, name), JSON.stringify({ ...(record as object), pid: process.pid }));
    expect(driver.run('try', union, { runtime })).toMatchObject(locked);
  });

  test('may not enter as the child of a holder that does not admit its children', async () => {
    const running = start('hold', { program: program('try') });
    await running.answer();
    expect(await running.ask('spawn')).toMatchObject(locked);
    await running.ask('release');

    const admitting = start('hold', { program: program('try'), admitsChildren: true });
    await admitting.answer();
    expect(await admitting.ask('spawn')).toMatchObject({ inherited: true });
  });
});

async function fileAnswer(path: string): Promise<Answer> {
  for (let tries = 0; tries < 500 && !existsSync(path); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return JSON.parse(readFileSync(path, 'utf8')) as Answer;
}
