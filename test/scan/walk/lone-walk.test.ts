import { execFileSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { interpose } from '../../../src/sys/seam.js';
import { closeLeftOpen } from '../../support/left-open.js';
import { type TempDir, tempDir } from '../../support/temp-dir.js';
import { type Walked, walkAlone } from '../../support/walk-alone.js';

describe('a walk of what one layer alone has', () => {
  let home: TempDir;
  beforeEach(() => {
    home = tempDir('lone');
    mkdirSync(join(home.path, 'top'));
  });
  afterEach(() => {
    interpose(undefined);
    home.dispose();
  });

  const make = (...paths: readonly string[]): void => {
    for (const path of paths) {
      mkdirSync(join(home.path, 'top', path, '..'), { recursive: true });
      writeFileSync(join(home.path, 'top', path), '');
    }
  };

  /** By the short way, which must come to what the rules come to. */
  async function both(enough?: number): Promise<Walked> {
    const slow = await walkAlone(home.path, { lone: false, enough });
    const quick = await walkAlone(home.path, { lone: true, enough });
    expect(quick.entered).toBeLessThan(slow.entered);
    if (enough === undefined) expect(sorted(quick)).toEqual(sorted(slow));
    return quick;
  }

  const sorted = ({ names, unreadable, walked }: Walked): unknown => ({
    names: [...names].sort(),
    unreadable: unreadable.map((each) => `${each.path} ${each.code}`).sort(),
    walked,
  });

  test('tells of each name at its path, whatever it is made of', async () => {
    const odd = ['top/plain', 'top/a/b/c/deep', 'top/a/\xff', 'top/a/...', 'top/.b/..c/x', 'top/\x01 \n/y'];
    make(...odd.map((path) => path.slice(4)).filter((path) => !path.includes('\xff')));
    execFileSync('bash', ['-c', 'touch "$1/top/a/"$\'\\xff\'', 'bash', home.path]);
    make(`long/${'n'.repeat(255)}`, `${'d'.repeat(255)}/in`);
    const { names } = await both();
    expect([...names].sort()).toEqual(
      [...odd, `top/long/${'n'.repeat(255)}`, `top/${'d'.repeat(255)}/in`].sort(),
    );
  });

  test('passes over names whose number is not wanted', async () => {
    make('a/one', 'b/two', 'c/three');
    linkSync(join(home.path, 'top/b/two'), join(home.path, 'top/c/too'));
    const { ino } = lstatSync(join(home.path, 'top/b/two'), { bigint: true });
    const found = await walkAlone(home.path, { lone: true, wanted: [ino] });
    expect([...found.names].sort()).toEqual(['top/b/two', 'top/c/too']);
    expect(found.walked).toEqual({ directories: 5, names: 18 });
  });

  test('ends when the visitor has all it wants', async () => {
    for (let i = 0; i < 600; i += 1) make(`d${i}/name`);
    const { walked } = await both(1);
    expect(walked.directories).toBeLessThan(600);
    expect(closeLeftOpen(home.path)).toEqual([]);
  });

  test.each([
    ['openat2', 'EACCES', -13],
    ['getdents64', 'EIO', -5],
  ] as const)('a %s that fails is told with its path, and the rest is walked', async (call, code, result) => {
    make('a/shut/in', 'a/side/name', 'b/name');
    const outcomes: Walked[] = [];
    for (const lone of [false, true]) {
      let shut = -1;
      interpose(({ name, path, fd }, proceed) => {
        const opens = name === 'openat2' && path.endsWith('shut');
        if (name === call && (opens || fd === shut)) return result;
        const value = proceed();
        if (opens) shut = value;
        return value;
      });
      outcomes.push(await walkAlone(home.path, { lone }));
      interpose(undefined);
    }
    for (const { names, unreadable } of outcomes) {
      expect([...names].sort()).toEqual(['top/a/side/name', 'top/b/name']);
      expect(unreadable).toEqual([{ path: 'top/a/shut', branch: 0, code }]);
    }
  });

  test.each([
    ['is gone', -2],
    ['is a file by now', -20],
    ['is a symlink by now', -40],
  ])('a directory that %s is no error', async (_, result) => {
    make('a/shut/in', 'b/name');
    interpose(({ name, path }, proceed) =>
      name === 'openat2' && path.endsWith('shut') ? result : proceed(),
    );
    const { names, unreadable } = await walkAlone(home.path, { lone: true });
    expect({ names, unreadable }).toEqual({ names: ['top/b/name'], unreadable: [] });
  });

  test('a name that cannot be looked at is told with its path, and the rest is walked', async () => {
    make('a/one', 'a/shut', 'a/two', 'b/name');
    for (const lone of [false, true]) {
      const { names, unreadable } = await walkAlone(home.path, { lone, shut: 'shut' });
      expect([...names].sort()).toEqual(['top/a/one', 'top/a/two', 'top/b/name']);
      expect(unreadable).toEqual([{ path: 'top/a/shut', branch: 0, code: 'EIO' }]);
    }
  });

  test('a call that a signal interrupts is made again', async () => {
    make('a/b/c/name');
    let calls = 0;
    interpose((_, proceed) => {
      calls += 1;
      return calls % 3 === 0 ? -4 : proceed();
    });
    const { names } = await walkAlone(home.path, { lone: true });
    expect(names).toEqual(['top/a/b/c/name']);
  });
});
