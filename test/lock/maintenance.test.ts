import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import lockfile from 'proper-lockfile';
import { enterMaintenance } from '../../src/lock/maintenance.js';
import { maintenanceStatus } from '../../src/lock/maintenance-status.js';
import type { OwnerRecord } from '../../src/lock/owner-record.js';
import type { RunningDriver } from '../support/lock-driver.js';
import { driver, lockScene, place, runtime, started, temp, union } from '../support/lock-scene.js';
import { overlayPlace, overlayUnion } from '../support/overlay-place.js';

lockScene({ index: true });
const indexPath = (): string => join(place.work, 'index');

async function holder(options: { staleMs?: number; admitsChildren?: boolean } = {}): Promise<RunningDriver> {
  const running = driver.start('hold', union, { runtime, ...options });
  started.push(running);
  expect(await running.answer()).toMatchObject({ inherited: false, notes: [] });
  return running;
}

const attempt = () => driver.run('try', union, { runtime });
const free = { inherited: false, notes: [] };
const locked = { code: 'locked', kind: 'busy' };

function lockDirectory(): string {
  const [name = ''] = readdirSync(runtime).filter((each) => each.endsWith('.lock'));
  return join(runtime, name);
}

function recordPath(): string {
  const { dev, ino } = statSync(indexPath(), { bigint: true });
  const [major, minor] = [(dev >> 8n) & 0xfffn, (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)];
  return join(runtime, `${major}:${minor}-${ino}.json`);
}

describe('enterMaintenance', () => {
  test('leaves nothing behind when it is released, and may be released twice', async () => {
    const maintenance = await enterMaintenance(union, {
      command: 'flush',
      wait: undefined,
      runtimeDirectory: runtime,
    });
    expect(statSync(runtime).mode & 0o777).toBe(0o700);
    expect(statSync(recordPath()).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(recordPath(), 'utf8'))).toMatchObject({
      pid: process.pid,
      command: 'flush',
    });
    expect(maintenance).toMatchObject(free);
    maintenance.release();
    maintenance.release();
    expect(readdirSync(runtime)).toEqual([]);
    expect(readdirSync(indexPath())).toEqual([]);
    expect(attempt()).toEqual(free);
  });

  test('names the holder to who finds it taken', async () => {
    const { process: held } = await holder();
    const answer = attempt();
    expect(answer).toMatchObject(locked);
    expect(answer.message).toMatch(
      new RegExp(
        `^the maintenance mode is held by pid ${held.pid} \\(plinkctl test\\), since \\d\\d:\\d\\d:\\d\\d, alive$`,
      ),
    );
    expect(answer.hint).toMatch(/--wait/);
    expect(answer.hint).toMatch(/maint status/);
  });

  test('refuses a second time in the same process', async () => {
    const options = { command: 'flush', wait: undefined, runtimeDirectory: runtime, admitsChildren: true };
    const maintenance = await enterMaintenance(union, options);
    await expect(enterMaintenance(union, options)).rejects.toMatchObject(locked);
    maintenance.release();
    (await enterMaintenance(union, options)).release();
  });

  test('locks the work directory where there is no indexPath(), and notices one that comes', async () => {
    const bare = overlayPlace(join(temp.path, 'bare'));
    const other = overlayUnion(bare);
    const first = await enterMaintenance(other, { command: 'a', wait: undefined, runtimeDirectory: runtime });
    expect(driver.run('try', other, { runtime })).toMatchObject(locked);
    first.release();
    mkdirSync(join(bare.work, 'index'));
    const second = await enterMaintenance(other, {
      command: 'b',
      wait: undefined,
      runtimeDirectory: runtime,
    });
    expect(await maintenanceStatus(other, { runtimeDirectory: runtime })).toMatchObject({
      held: true,
      path: join(bare.work, 'index'),
    });
    second.release();
  });

  test('stands without a private runtime directory', async () => {
    mkdirSync(runtime, { mode: 0o755 });
    const maintenance = await enterMaintenance(union, {
      command: 'x',
      wait: undefined,
      runtimeDirectory: runtime,
    });
    expect(maintenance.notes).toHaveLength(1);
    const answer = attempt();
    expect(answer).toMatchObject(locked);
    expect(answer.message).toContain(`pid ${process.pid} (`);
    maintenance.release();
    expect(readdirSync(runtime)).toEqual([]);
    expect(attempt()).toMatchObject({ inherited: false });
  });

  test('waits until the holder is done, and says once for whom', async () => {
    const held = await holder();
    const problems: unknown[] = [];
    const entering = enterMaintenance(union, {
      command: 'x',
      wait: Number.POSITIVE_INFINITY,
      runtimeDirectory: runtime,
      onWait: (problem) => problems.push(problem),
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await held.ask('release');
    (await entering).release();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject(locked);
  });

  test('gives up after the seconds it was given', async () => {
    await holder();
    const start = performance.now();
    await expect(
      enterMaintenance(union, { command: 'x', wait: 0.3, runtimeDirectory: runtime }),
    ).rejects.toMatchObject(locked);
    const seconds = (performance.now() - start) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(0.29);
    expect(seconds).toBeLessThan(5);
  });

  test('stops waiting on an abort, with its reason', async () => {
    await holder();
    const abort = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => abort.abort(reason), 50);
    await expect(
      enterMaintenance(union, { command: 'x', wait: 600, runtimeDirectory: runtime, signal: abort.signal }),
    ).rejects.toBe(reason);
  });
});

describe('the lock', () => {
  test('has one holder at any time among 32 contenders', async () => {
    const [log, go] = [join(temp.path, 'log'), join(temp.path, 'go')];
    const rounds = 8;
    const contenders = Array.from({ length: 32 }, () =>
      driver.start('contend', union, { runtime, wait: 1000, log, go, rounds }),
    );
    started.push(...contenders);
    for (const each of contenders) await each.answer();
    writeFileSync(go, '');
    for (const each of contenders) expect([await each.ended, each.stderr]).toEqual([0, '']);
    expectOneAtATime(log, 32 * rounds);
    expect(readdirSync(runtime)).toEqual([]);
  });

  test('keeps one holder when holders are killed in the middle', async () => {
    const [log, rounds] = [join(temp.path, 'log'), 1000];
    const contenders = Array.from({ length: 8 }, () =>
      driver.start('contend', union, { runtime, wait: 1000, log, rounds }),
    );
    started.push(...contenders);
    for (const each of contenders) await each.answer();
    for (const each of contenders) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await each.kill();
    }
    expect(attempt()).toEqual(free);
    const lines = readFileSync(log, 'latin1')
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('TWO'));
    let inside: string | undefined;
    const killed = new Set<string>();
    for (const [word, pid = ''] of lines.map((line) => line.split(' '))) {
      if (word === 'enter') {
        // Only a killed one never leaves, and it is never heard of again.
        if (inside !== undefined) killed.add(inside);
        expect(killed).not.toContain(pid);
        inside = pid;
      } else {
        expect(pid).toBe(inside);
        inside = undefined;
      }
    }
  });

  test('is free at once when its holder is killed', async () => {
    const held = await holder();
    await held.kill();
    expect(readdirSync(runtime)).not.toEqual([]);
    expect(await maintenanceStatus(union, { runtimeDirectory: runtime })).toMatchObject({ held: false });
    expect(attempt()).toEqual(free);
    expect(readdirSync(runtime)).toEqual([]);
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('is free at once after %s', async (signal) => {
    const held = await holder();
    await held.kill(signal);
    expect(attempt()).toEqual(free);
    expect(readdirSync(runtime)).toEqual([]);
  });

  test('cleans up when its holder ends without releasing, or by an exception', async () => {
    for (const how of ['exit', 'throw']) {
      const held = await holder();
      held.process.stdin.write(`${how}\n`);
      await held.ended;
      expect(readdirSync(runtime)).toEqual([]);
      expect(attempt()).toEqual(free);
    }
  });

  test('is not taken from a holder that is stopped for longer than the stale time', async () => {
    const held = await holder({ staleMs: 2000 });
    held.process.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 4500));
    // Another user of proper-lockfile does take it for dead, and has that lock.
    const robbed = lockfile.lockSync(lockDirectory().replace(/\.lock$/, ''), {
      realpath: false,
      stale: 2000,
    });
    expect(driver.run('try', union, { runtime, staleMs: 2000 })).toMatchObject(locked);
    robbed();
    held.process.kill('SIGCONT');
    expect(await held.ask('notes')).toMatchObject({ notes: expect.any(Array) });
    expect(attempt()).toMatchObject(locked);
    await held.ask('release');
    expect(attempt()).toEqual(free);
    expect(readdirSync(runtime)).toEqual([]);
  });

  test('is not taken from a holder whose event loop is busy for longer than the stale time', async () => {
    const held = await holder({ staleMs: 2000 });
    const blocked = held.ask('block 4500');
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(driver.run('try', union, { runtime, staleMs: 2000 })).toMatchObject(locked);
    await blocked;
    expect(attempt()).toMatchObject(locked);
    await held.ask('release');
    expect(attempt()).toEqual(free);
  });

  test.each([
    ['far back', -10 * 365],
    ['far forward', 10 * 365],
  ])('stands when the clock jumps %s', async (_, days) => {
    const held = await holder({ staleMs: 2000 });
    const then = new Date(Date.now() + days * 86_400_000);
    utimesSync(lockDirectory(), then, then);
    expect(driver.run('try', union, { runtime, staleMs: 2000 })).toMatchObject(locked);
    // proper-lockfile looks at its directory after a second, and takes itself for robbed.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect((await held.ask('notes')).notes).toEqual([
      expect.stringMatching(/^the lock directory was disturbed/),
    ]);
    expect(driver.run('try', union, { runtime, staleMs: 2000 })).toMatchObject(locked);
    await held.ask('release');
    expect(readdirSync(runtime)).toEqual([]);
    expect(attempt()).toEqual(free);
  });

  test.each([
    ['fresh', 0],
    ['of the future', 10 * 365],
    ['stale', -1],
  ])('of a dead holder is taken over by one of many, its lock directory %s', async (_, days) => {
    const dead = await holder();
    await dead.kill();
    const then = new Date(Date.now() + days * 86_400_000);
    utimesSync(lockDirectory(), then, then);
    const many = Array.from({ length: 16 }, () => driver.start('hold', union, { runtime }));
    started.push(...many);
    const answers = await Promise.all(many.map((each) => each.answer()));
    expect(answers.filter(({ held }) => held !== undefined)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'locked')).toHaveLength(15);
  });

  test('does not heed a record of another boot', async () => {
    const first = await enterMaintenance(union, { command: 'x', wait: undefined, runtimeDirectory: runtime });
    const record = JSON.parse(readFileSync(recordPath(), 'utf8')) as OwnerRecord;
    first.release();
    writeFileSync(recordPath(), JSON.stringify({ ...record, bootId: 'another' }), { mode: 0o600 });
    mkdirSync(recordPath().replace(/json$/, 'lock'));
    expect(await maintenanceStatus(union, { runtimeDirectory: runtime })).toMatchObject({ held: false });
    expect(attempt()).toEqual(free);
  });

  test.each(['', '{', '[]', 'null', '{"pid":"1"}'])('does not heed a record that holds %j', (text) => {
    expect(attempt()).toEqual(free);
    writeFileSync(recordPath(), text, { mode: 0o600 });
    expect(attempt()).toEqual(free);
  });

  test('survives a crowd of foreign things in the runtime directory', () => {
    expect(attempt()).toEqual(free);
    const lock = recordPath().replace(/json$/, 'lock');
    mkdirSync(join(lock, 'something'), { recursive: true });
    appendFileSync(`${recordPath()}.new`, 'half a record');
    expect(attempt()).toEqual(free);
    expect(existsSync(lock)).toBe(false);
  });
});

function expectOneAtATime(log: string, rounds: number): void {
  const lines = readFileSync(log, 'latin1').trim().split('\n');
  expect(lines.filter((line) => line.startsWith('TWO'))).toEqual([]);
  const pairs = lines.map((line, i) => (i % 2 === 0 ? line : line.replace('leave', 'enter')));
  for (let i = 0; i < pairs.length; i += 2) expect(pairs[i + 1]).toBe(pairs[i]);
  expect(lines).toHaveLength(2 * rounds);
}
