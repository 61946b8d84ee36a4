import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { maintenanceStatus } from '../../src/lock/maintenance-status.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import type { AufsUnion, Branch } from '../../src/union/union.js';
import { command } from '../support/command.js';
import type { RunningDriver } from '../support/lock-driver.js';
import { driver, lockScene, place, runtime, started, temp, union } from '../support/lock-scene.js';
import { describeKernel } from '../support/needs.js';
import { overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';

lockScene({ index: false });

const locked = { code: 'locked', kind: 'busy' };

async function holder(
  options: { admitsChildren?: boolean; program?: readonly string[] } = {},
  wrapper: readonly string[] = [],
): Promise<RunningDriver> {
  const running = driver.start('hold', union, { runtime, ...options }, wrapper);
  started.push(running);
  expect(await running.answer()).toMatchObject({ inherited: false, notes: [] });
  return running;
}

function writeIndex(): void {
  whileMounted(place, ['index=on'], () => undefined);
}

describeKernel('the lock is one', ['root', 'overlay'], () => {
  test('under a bind-mounted alias of the branch', async () => {
    writeIndex();
    const alias = join(temp.path, 'alias');
    mkdirSync(alias);
    command('mount', '--bind', dirname(place.work), alias);
    const other = overlayUnion(overlayPlace(alias));
    const held = await holder();
    const answer = driver.run('try', other, { runtime });
    expect(answer).toMatchObject(locked);
    expect(answer.message).toContain(`by pid ${held.process.pid} (plinkctl test)`);
    await held.ask('release');
    expect(driver.run('try', other, { runtime })).toMatchObject({ inherited: false });
  });

  test('in another mount namespace', async () => {
    writeIndex();
    const held = await holder({}, ['unshare', '--mount']);
    expect(driver.run('try', union, { runtime })).toMatchObject(locked);
    expect(driver.run('try', union, { runtime }, ['unshare', '--mount'])).toMatchObject(locked);
    await held.kill();
    expect(driver.run('try', union, { runtime })).toMatchObject({ inherited: false });
  });

  test('in another pid namespace, whose holder is told as what it is', async () => {
    writeIndex();
    const container = ['unshare', '--pid', '--mount', '--mount-proc', '--fork', '--kill-child'];
    const held = await holder({}, container);
    // From the outside it can be seen.
    expect(driver.run('try', union, { runtime }).message).toMatch(
      /by pid 1 of another pid namespace \(plinkctl test\), since [\d:]+, alive$/,
    );
    // From a container of its own nobody sees into another.
    const answer = driver.run('try', union, { runtime }, container);
    expect(answer).toMatchObject(locked);
    expect(answer.message).toMatch(
      /by pid 1 of another pid namespace \(plinkctl test\), .*, not visible from here$/,
    );
    expect(await maintenanceStatus(union, { runtimeDirectory: runtime })).toMatchObject({
      held: true,
      holder: { pid: 1, alive: true },
    });
    await held.kill();
    expect(driver.run('try', union, { runtime }, container)).toMatchObject({ inherited: false });
    expect(driver.run('try', union, { runtime })).toMatchObject({ inherited: false });
  });

  test('with a program that knows nothing of it', async () => {
    writeIndex();
    const index = join(place.work, 'index');
    const [answer] = [
      command(
        'flock',
        index,
        'sh',
        '-c',
        '"$@" || :',
        'sh',
        process.execPath,
        ...driver.args('try', union, { runtime }),
      ),
    ].map((text) => JSON.parse(text));
    expect(answer).toMatchObject({
      ...locked,
      message: expect.stringMatching(/by pid \d+ \(flock\), which left no record$/),
    });
  });

  test('while the union is mounted, and does not keep it from being unmounted', async () => {
    const running = whileMounted(place, ['index=on'], () => {
      const held = driver.start('hold', union, { runtime });
      started.push(held);
      return held;
    });
    expect(await running.answer()).toMatchObject({ inherited: false });
  });

  test('and changes nothing on the branch', async () => {
    writeIndex();
    const before = command('stat', '--printf', '%n %i %h %a %y %z\\n', place.work, join(place.work, 'index'));
    const held = await holder();
    expect(driver.run('try', union, { runtime })).toMatchObject(locked);
    await held.ask('release');
    const after = command('stat', '--printf', '%n %i %h %a %y %z\\n', place.work, join(place.work, 'index'));
    expect(after).toBe(before);
  });
});

describeKernel('a child of the holder', ['root', 'overlay'], () => {
  test('may enter from a pid namespace in which the holder can be seen', async () => {
    // Without a /proc of its own it still sees all.
    const program = [
      'unshare',
      '--pid',
      '--fork',
      process.execPath,
      ...driver.args('try', union, { runtime }),
    ];
    const held = await holder({ admitsChildren: true, program });
    expect(await held.ask('spawn')).toMatchObject({ inherited: true });
  });

  test('is refused, and told why, in one where it cannot', async () => {
    const wrapper = ['unshare', '--pid', '--mount', '--mount-proc', '--fork'];
    const program = [...wrapper, process.execPath, ...driver.args('try', union, { runtime })];
    const held = await holder({ admitsChildren: true, program });
    expect(await held.ask('spawn')).toMatchObject({
      ...locked,
      hint: expect.stringContaining('not from a pid namespace of its own'),
    });
  });
});

describeKernel('an aufs of several writable branches', ['root'], () => {
  const branch = (path: string, role: Branch['role']): Branch => ({
    path: bytesFromText(path),
    role,
    whiteouts: true,
  });
  const aufs = (...uppers: string[]): AufsUnion => ({
    format: 'aufs',
    branches: [...uppers.map((path) => branch(path, 'upper')), branch(join(temp.path, 'lower'), 'lower')],
    mounted: undefined,
  });
  let first: string;
  let second: string;

  beforeEach(() => {
    first = join(temp.path, 'first');
    second = join(temp.path, 'second');
    mkdirSync(join(first, '.wh..wh.plnk'), { recursive: true, mode: 0o700 });
    mkdirSync(second);
  });

  test('is locked as a whole or not at all', async () => {
    const held = driver.start('hold', aufs(second), { runtime });
    started.push(held);
    await held.answer();
    expect(driver.run('try', aufs(first, second), { runtime })).toMatchObject(locked);
    expect(driver.run('try', aufs(first), { runtime })).toMatchObject({ inherited: false });
    await held.ask('release');

    const both = driver.start('hold', aufs(first, second), { runtime });
    started.push(both);
    expect(await both.answer()).toMatchObject({ inherited: false });
    for (const one of [aufs(first), aufs(second), aufs(second, first)]) {
      expect(driver.run('try', one, { runtime })).toMatchObject(locked);
    }
  });

  test('does not wait for itself, whatever the order of the branches', async () => {
    const log = join(temp.path, 'log');
    const contenders = [aufs(first, second), aufs(second, first), aufs(first, first)].map((each) =>
      driver.start('contend', each, { runtime, wait: 100, log, rounds: 40 }),
    );
    started.push(...contenders);
    for (const each of contenders) expect([await each.ended, each.stderr]).toEqual([0, '']);
    const lines = readFileSync(log, 'latin1').trim().split('\n');
    expect(lines.filter((line) => line.startsWith('TWO'))).toEqual([]);
    expect(lines).toHaveLength(3 * 40 * 2);
  });
});
