import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AufsStandIn } from '../support/aufs-stand-in.js';
import { runAs } from '../support/run-as.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

describe('the programs of aufs-util', () => {
  let directory: TempDir;
  let aufs: AufsStandIn;
  let env: Record<string, string>;

  beforeEach(() => {
    directory = tempDir('aufs-as');
    aufs = new AufsStandIn(directory.path);
    env = { PATH: `${join(directory.path, 'bin')}:${process.env.PATH}` };
    mkdirSync(join(directory.path, 'bin'));
    // What is asked of the real programs, and what was on the branch at that moment.
    for (const name of ['mount', 'umount']) {
      const file = join(directory.path, 'bin', name);
      const entries = `ls ${join(aufs.upper, '.wh..wh.plnk')} | wc -l`;
      writeFileSync(
        file,
        `#!/bin/sh\nfor a; do echo "$a"; done > ${file}.log\n${entries} > ${file}.left\nexit 32\n`,
      );
      chmodSync(file, 0o755);
    }
  });

  afterEach(() => directory.dispose());

  const run = (name: string, ...argv: string[]) =>
    aufs.during(() => runAs(name, ['--kernel-root', aufs.kernel as string, ...argv], env));
  const asked = (name: string): string[] | undefined => {
    const log = join(directory.path, 'bin', `${name}.log`);
    return existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : undefined;
  };
  const left = (name: string): number =>
    Number(readFileSync(join(directory.path, 'bin', `${name}.left`), 'utf8'));
  const plinks = (): string[] => readdirSync(join(aufs.upper, '.wh..wh.plnk'));

  test.each(['mount.aufs', 'umount.aufs', 'umount.overlay', 'fsck.overlay'])(
    '%s names a long option that it does not know',
    async (name) => {
      expect((await runAs(name, ['--help'])).err).toContain(`${name}: unknown option --help\n`);
    },
  );

  describe('auplink', () => {
    test('list prints the names, touching nothing', async () => {
      aufs.group(['a', 'd/b'], ['a'], 'new\n');
      expect(await run('auplink', aufs.mount, 'list')).toEqual({ code: 0, out: './a\n./d/b\n', err: '' });
      expect(aufs.story.events).toEqual([]);
    });

    test('cpup links, flush removes the entries too', async () => {
      const entry = aufs.group(['a', 'b'], ['a'], 'new\n');
      expect(await run('auplink', aufs.mount, 'cpup')).toEqual({ code: 0, out: '', err: '' });
      expect(existsSync(join(aufs.upper, 'b'))).toBe(true);
      expect(plinks()).toEqual([entry]);
    });

    test('flush', async () => {
      aufs.group(['a', 'b'], ['a'], 'new\n');
      expect(await run('auplink', aufs.mount, 'flush')).toEqual({ code: 0, out: '', err: '' });
      expect(plinks()).toEqual([]);
    });

    test('a full branch ends with ENOSPC', async () => {
      aufs.group(['a', 'b'], ['a'], 'new\n');
      aufs.onTouch = () => -28;
      const { code, err } = await run('auplink', aufs.mount, 'flush');
      expect({ code, err }).toEqual({ code: 28, err: expect.stringMatching(/^auplink: .*no space left/) });
      expect(plinks()).toHaveLength(1);
    });

    test('a leftover is kept and told of; with PLINKCTL_STRICT that is a failure', async () => {
      aufs.entry(4_000_000_000, [], 'the only copy\n');
      const flush = () => run('auplink', aufs.mount, 'flush');
      expect(await flush()).toMatchObject({ code: 0, err: expect.stringContaining('auplink:') });
      env.PLINKCTL_STRICT = 'yes';
      expect(await flush()).toMatchObject({ code: 5 });
      expect(plinks()).toHaveLength(1);
    });

    test.each([
      [[]],
      [['flush']],
      [['MOUNT', 'flush', 'more']],
      [['MOUNT', 'unknown']],
      [['/proc', 'flush']],
    ])('%j ends with EINVAL', async (argv) => {
      const words = argv.map((word) => (word === 'MOUNT' ? aufs.mount : word));
      expect(await run('auplink', ...words)).toMatchObject({
        code: 22,
        err: expect.stringMatching(/^auplink: /),
      });
    });
  });

  describe('umount.aufs', () => {
    test('flushes, then unmounts by umount -i, and ends with its status', async () => {
      aufs.group(['a', 'b'], ['a'], 'new\n');
      expect(await run('umount.aufs', aufs.mount, '-fv', '-t', 'aufs')).toEqual({
        code: 32,
        out: '',
        err: '',
      });
      expect(asked('umount')).toEqual(['-i', '-f', '-v', '--', aufs.mount]);
      expect(left('umount')).toBe(0);
    });

    test('what could not be flushed is told, and the unmounting goes on', async () => {
      aufs.group(['a', 'b'], ['a'], 'new\n');
      aufs.onTouch = () => -28;
      expect(await run('umount.aufs', aufs.mount)).toMatchObject({
        code: 32,
        err: expect.stringContaining('no space left'),
      });
      expect(left('umount')).toBe(1);
    });

    test.each([
      ['a full branch', -28, 2],
      ['a name that cannot be linked', -31, 32],
    ])('strict: %s refuses the unmounting', async (_, errno, code) => {
      aufs.group(['a', 'b'], ['a'], 'new\n');
      aufs.onTouch = () => errno;
      mkdirSync(join(directory.path, 'kernel/etc/default'), { recursive: true });
      writeFileSync(
        join(directory.path, 'kernel/etc/default/plinkctl'),
        '# comment\nPLINKCTL_STRICT="yes"\n',
      );
      expect(await run('umount.aufs', aufs.mount)).toMatchObject({ code });
      expect(asked('umount')).toBeUndefined();
    });

    test('settings that cannot be read refuse the unmounting: they may be strict', async () => {
      mkdirSync(join(directory.path, 'kernel/etc/default/plinkctl'), { recursive: true });
      expect(await run('umount.aufs', aufs.mount)).toMatchObject({
        code: 2,
        err: expect.stringMatching(/etc\/default\/plinkctl: is a directory/),
      });
      expect(asked('umount')).toBeUndefined();
    });

    test('what is no aufs is left to umount', async () => {
      expect(await run('umount.aufs', '/proc')).toEqual({ code: 32, out: '', err: '' });
      expect(asked('umount')).toEqual(['-i', '--', '/proc']);
    });

    test('another mount namespace is left to umount', async () => {
      const entry = aufs.group(['a', 'b'], ['a'], 'new\n');
      await run('umount.aufs', '-N', '1', aufs.mount);
      expect(asked('umount')).toEqual(['-i', '-N', '1', '--', aufs.mount]);
      expect(plinks()).toEqual([entry]);
    });

    test.each([[[]], [['a', 'b']], [['-x', 'a']], [['a', '-N']]])('%j is a wrong call', async (argv) => {
      expect(await run('umount.aufs', ...argv)).toMatchObject({ code: 1 });
      expect(asked('umount')).toBeUndefined();
    });

    test('a setting that means nothing is a wrong call', async () => {
      env.PLINKCTL_WAIT = 'long';
      expect(await run('umount.aufs', aufs.mount)).toEqual({
        code: 1,
        out: '',
        err: 'umount.aufs: PLINKCTL_WAIT is a number of seconds, not "long"\n',
      });
      delete env.PLINKCTL_WAIT;
      mkdirSync(join(directory.path, 'kernel/etc/default'), { recursive: true });
      writeFileSync(join(directory.path, 'kernel/etc/default/plinkctl'), 'PLINKCTL_STRICT=maybe\n');
      expect(await run('umount.aufs', aufs.mount)).toMatchObject({
        code: 1,
        err: expect.stringContaining('/etc/default/plinkctl: PLINKCTL_STRICT is one of no, yes'),
      });
    });
  });

  describe('mount.aufs', () => {
    test.each([
      ['remount,add:1:/b=ro', true],
      ['remount,ins:0:/b', true],
      ['remount,append=/b', true],
      ['remount,prepend:/b', true],
      ['remount,del:/b', true],
      ['remount,mod:/b=ro', true],
      ['imod:/b=rr+wh,remount', true],
      ['remount,mod:/b=rw', false],
      ['remount,noplink', true],
      ['remount,ro', true],
      ['remount,rw', false],
      ['br:/b=rw:/c=ro', false],
      ['ro,br:/b=rw', false],
    ])('-o %s', async (options, flushes) => {
      aufs.group(['a', 'b'], ['a'], 'new\n');
      const { code, err } = await run('mount.aufs', 'none', aufs.mount, '-s', '-o', options);
      expect({ code, err }).toEqual({ code: 32, err: '' });
      expect(asked('mount')).toEqual(['-i', '-s', '-t', 'aufs', '-o', options, '--', 'none', aufs.mount]);
      expect(left('mount')).toBe(flushes ? 0 : 1);
    });

    test('-f only pretends', async () => {
      const entry = aufs.group(['a', 'b'], ['a'], 'new\n');
      await run('mount.aufs', 'none', aufs.mount, '-f', '-o', 'remount,ro');
      expect(asked('mount')).toContain('-f');
      expect(plinks()).toEqual([entry]);
    });

    test.each([[[]], [['none']], [['none', 'a', 'b']], [['none', 'a', '-o']]])(
      '%j is a wrong call',
      async (argv) => {
        expect(await run('mount.aufs', ...argv)).toMatchObject({ code: 1 });
        expect(asked('mount')).toBeUndefined();
      },
    );
  });
});
