import { spawn } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ascii, type Bytes, bytesFromText, toBuffer } from '../../src/sys/bytes.js';
import { mount } from '../../src/sys/mount.js';
import { discoverUnions } from '../../src/union/discover.js';
import { resolveTarget } from '../../src/union/target.js';
import type { Union } from '../../src/union/union.js';
import { command } from '../support/command.js';
import { describeKernel } from '../support/needs.js';
import { mountOverlay } from '../support/overlay-mount.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

describeKernel('targets of real mounts', ['root', 'overlay'], () => {
  let directory: TempDir;
  const at = (name: string): string => join(directory.path, name);
  const target = (name: string): Union => resolveTarget({ mountpoint: bytesFromText(at(name)) });
  const paths = (union: Union): string[] =>
    union.branches.map(({ path }) => path.slice(directory.path.length + 1));

  beforeEach(() => {
    directory = tempDir('target');
    for (const name of ['u', 'w', 'l1', 'l2', 'm', 'other']) mkdirSync(at(name));
  });

  afterEach(() => directory.dispose());

  const mountIt = (...options: string[]) =>
    mountOverlay({ lowers: [at('l1'), at('l2')], upper: at('u'), work: at('w'), target: at('m'), options });

  test('what the kernel tells is what was mounted', () => {
    mountIt('index=on', 'metacopy=on', 'redirect_dir=on');
    const union = target('m');
    expect(paths(union)).toEqual(['u', 'l1', 'l2']);
    expect(union).toMatchObject({
      format: 'overlay',
      work: bytesFromText(at('w')),
      options: { index: true, metacopy: true, redirectDir: 'on', userxattr: false, nfsExport: false },
      mounted: { path: bytesFromText(at('m')), readOnly: false, pid: undefined },
    });
    expect(union.mounted?.dev).toBe(statSync(at('m'), { bigint: true }).dev);
  });

  test('names with commas, colons, backslashes, spaces and bytes that are no text', () => {
    const odd = ['a,b', 'c:d', 'e\\f', 'g h', 'i\nj', 'k\xff'].map(
      (name) => `${directory.path}/${name}` as Bytes,
    );
    for (const path of odd) mkdirSync(toBuffer(path));
    // mount(8) is started with text.
    const lowers = odd.map((path) => path.replace(/[\\:,]/g, '\\$&')).join(':');
    const data = `lowerdir=${lowers},upperdir=${at('u')},workdir=${at('w')}` as Bytes;
    mount(ascii('o'), bytesFromText(at('m')), ascii('overlay'), 0, data);
    expect(
      target('m')
        .branches.slice(1)
        .map(({ path }) => path),
    ).toEqual(odd);
  });

  test('an upper with a comma', () => {
    mkdirSync(at('u,u'));
    mountOverlay({ lowers: [at('l1')], upper: at('u,u'), work: at('w'), target: at('m') });
    expect(paths(target('m'))).toEqual(['u,u', 'l1']);
  });

  test('data-only lowers', () => {
    const options = `lowerdir=${at('l1')}::${at('l2')},upperdir=${at('u')},workdir=${at('w')},metacopy=on`;
    command('mount', '-t', 'overlay', '-o', options, 'overlay', at('m'));
    expect(target('m').branches.map(({ role }) => role)).toEqual(['upper', 'lower', 'data']);
  });

  test('by a symlink, by a bind mount, and by a bind mount of a directory inside', () => {
    mountIt();
    mkdirSync(at('m/inside'));
    symlinkSync('m', at('link'));
    command('mount', '--bind', at('m'), at('other'));
    mkdirSync(at('part'));
    command('mount', '--bind', at('m/inside'), at('part'));
    for (const name of ['link', 'other', 'part']) expect(paths(target(name))).toEqual(['u', 'l1', 'l2']);
    expect(() => target('m/inside')).toThrow('inside of a mounted union');
  });

  test('read-only, by the mount or by the union', () => {
    mountIt();
    command('mount', '-o', 'remount,bind,ro', at('m'));
    expect(target('m').mounted?.readOnly).toBe(true);
  });

  test('a mount of another namespace', async () => {
    mountIt();
    command('mount', '--make-private', at('m'));
    // In a namespace of its own the mount is moved; here it is unmounted.
    const script = 'mount --move "$1" "$2" && echo ready && exec sleep 60';
    const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', at('m'), at('other')]);
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      command('umount', at('m'));
      const union = target('other');
      const root = `/proc/${union.mounted?.pid}/root` as Bytes;
      expect(union.mounted?.path).toBe(`${root}${at('other')}`);
      expect(union.branches[0]?.path).toBe(`${root}${at('u')}`);
      // A shell completes the name of a directory with a slash.
      for (const tail of ['', '/', '/.', '/../other']) {
        expect(resolveTarget({ mountpoint: `${union.mounted?.path}${tail}` as Bytes })).toEqual(union);
      }
      const found = discoverUnions('' as Bytes).filter(
        ({ mountpoint }) => mountpoint === union.mounted?.path,
      );
      expect(found).toHaveLength(1);
    } finally {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    }
  });
});
