import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { overlayInUse, refuseIfInUse } from '../../src/lock/in-use.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import type { OverlayUnion } from '../../src/union/union.js';
import { command } from '../support/command.js';
import { kernelLog } from '../support/kernel-log.js';
import { driver, lockScene, place, temp, union } from '../support/lock-scene.js';
import { makeLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { mountOverlay, type OverlayMount } from '../support/overlay-mount.js';
import { overlayPlace, overlayUnion } from '../support/overlay-place.js';
import { tempDir } from '../support/temp-dir.js';

lockScene({ index: false });

/** Gives a driver a scratch place of its own: others on the machine may be asking too. */
const apart = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs scratch /dev/shm && exec "$@"', 'sh'];

const mounted = (options: readonly string[] = ['index=on'], from = place): OverlayMount =>
  mountOverlay({ ...from, target: from.merged, options });

const freeByKernel = {
  inUse: false,
  by: undefined,
  directory: undefined,
  method: 'kernel',
  where: undefined,
};
const runtime = '/nowhere';

describeKernel('an overlay is in use', ['root', 'overlay'], () => {
  test.each(['index=on', 'index=off'])('while it is mounted with %s, and free after', (option) => {
    expect(overlayInUse(union)).toEqual(freeByKernel);
    const mount = mounted([option]);
    expect(overlayInUse(union)).toMatchObject({
      inUse: true,
      by: 'upper',
      directory: place.upper,
      method: 'kernel',
      where: { mountpoint: place.merged, pid: undefined },
    });
    mount.unmount();
    expect(overlayInUse(union)).toEqual(freeByKernel);
  });

  test('when only its work directory is shared', () => {
    const other = overlayPlace(join(temp.path, 'other'));
    const mount = mountOverlay({
      ...other,
      work: place.work,
      upper: upperBeside('other upper'),
      target: other.merged,
    });
    expect(overlayInUse(union)).toMatchObject({
      inUse: true,
      by: 'work',
      directory: place.work,
      method: 'kernel',
    });
    mount.unmount();
    expect(overlayInUse(union)).toEqual(freeByKernel);
  });

  test('when its upper is the work directory of another', () => {
    const other = overlayPlace(join(temp.path, 'other'));
    const mount = mountOverlay({
      ...other,
      work: place.upper,
      upper: upperBeside('other upper'),
      target: other.merged,
    });
    expect(overlayInUse(union)).toMatchObject({
      inUse: true,
      by: 'work',
      directory: place.upper,
      method: 'kernel',
    });
    mount.unmount();
  });

  test('when its upper is a lower of another, which only mount tables show', () => {
    const other = overlayPlace(join(temp.path, 'other'), [place.upper]);
    const mount = mounted([], other);
    expect(overlayInUse(union)).toMatchObject({
      inUse: true,
      by: 'lower',
      directory: place.upper,
      method: 'mountinfo',
      where: { mountpoint: other.merged },
    });
    mount.unmount();
    expect(overlayInUse(union)).toEqual(freeByKernel);
  });

  test('while it is mounted in another mount namespace', async () => {
    const script =
      'mount -t overlay -o "lowerdir=$1,upperdir=$2,workdir=$3" o "$4" && echo ready && exec sleep 60';
    const args = [place.lowers[0] ?? '', place.upper, place.work, place.merged];
    const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', ...args]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(overlayInUse(union)).toMatchObject({
      inUse: true,
      by: 'upper',
      method: 'kernel',
      where: { mountpoint: place.merged, pid: child.pid },
    });
    // By the path of that namespace the kernel cannot be asked: it makes no copy of a mount that is not ours.
    const through = overlayUnion(overlayPlace(`/proc/${child.pid}/root${join(temp.path, 'union')}`));
    expect(overlayInUse(through)).toMatchObject({ inUse: true, by: 'upper', method: 'mountinfo' });
    expect(() => refuseIfInUse(union)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(`in the mount namespace of pid ${child.pid}`),
      }),
    );
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    expect(overlayInUse(union)).toEqual(freeByKernel);
  });

  test('while it is detached but a file is open', () => {
    writeFileSync(join(place.lowers[0] ?? '', 'file'), 'x');
    mounted();
    const file = openSync(join(place.merged, 'file'), 'r+');
    command('umount', '--lazy', place.merged);
    expect(overlayInUse(union)).toEqual({
      inUse: true,
      by: 'upper',
      directory: place.upper,
      method: 'kernel',
      where: undefined,
    });
    expect(() => refuseIfInUse(union)).toThrow(
      expect.objectContaining({
        kind: 'busy',
        code: 'in-use',
        path: place.upper,
        hint: expect.stringContaining('umount -l'),
      }),
    );
    closeSync(file);
    expect(overlayInUse(union)).toEqual(freeByKernel);
  });

  test('whatever its names hold', () => {
    const odd = overlayPlace(join(temp.path, 'a,b:c\\d e\n\u00fc'));
    const other = overlayUnion(odd);
    expect(overlayInUse(other)).toEqual(freeByKernel);
    const mount = mounted(['index=on'], odd);
    expect(overlayInUse(other)).toMatchObject({
      inUse: true,
      method: 'kernel',
      where: { mountpoint: bytesFromText(odd.merged) },
    });
    mount.unmount();
    expect(overlayInUse(other)).toEqual(freeByKernel);
  });

  test('by inode, not by name: after a rename, and through a symlink', () => {
    const mount = mounted();
    renameSync(join(temp.path, 'union'), join(temp.path, 'renamed'));
    symlinkSync('renamed', join(temp.path, 'link'));
    const link = overlayUnion(overlayPlace(join(temp.path, 'link')));
    expect(overlayInUse(link)).toMatchObject({ inUse: true, by: 'upper', method: 'kernel' });
    // New directories under the old names are nobody's, though a mount table still names them.
    expect(overlayInUse(overlayUnion(overlayPlace(join(temp.path, 'union'))))).toEqual(freeByKernel);
    command('umount', join(temp.path, 'renamed/merged'));
    expect(mount.target).toBe(place.merged);
  });

  test.each(['tmpfs', 'ext4'] as const)(
    'on %s, also where the scratch directory is on the same one',
    (type) => {
      const at = type === 'tmpfs' ? tempDir('in-use', '/dev/shm') : makeLoopImage('ext4');
      const inside = overlayPlace(join('path' in at ? at.path : at.mountpoint, 'union'));
      expect(overlayInUse(overlayUnion(inside))).toEqual(freeByKernel);
      const mount = mounted(['index=on'], inside);
      expect(overlayInUse(overlayUnion(inside))).toMatchObject({ inUse: true, method: 'kernel' });
      mount.unmount();
      at.dispose();
    },
  );
});

describeKernel('the question', ['root', 'overlay', 'kmsg'], () => {
  test('changes nothing on upper and work', () => {
    mounted().unmount();
    const facts = () =>
      [place.upper, place.work, ...readdirSync(place.work).map((name) => join(place.work, name))].map(
        (path) => [
          command('stat', '--printf', '%n %d %i %f %h %u %g %s %b %x %y %z', path),
          command('getfattr', '--dump', '--match=-', '--encoding=hex', '--absolute-names', path),
        ],
      );
    const expectUntouched = (inUse: boolean) => {
      const before = facts();
      expect(overlayInUse(union)).toMatchObject({ inUse, method: 'kernel' });
      expect(facts()).toEqual(before);
    };
    expectUntouched(false);
    const mount = mounted();
    expectUntouched(true);
    mount.unmount();
    expectUntouched(false);
  });

  test('leaves the overlay fit to be mounted, and says one thing alone in the kernel log', () => {
    const lines = kernelLog(() => expect(overlayInUse(union)).toEqual(freeByKernel));
    // Whoever else asks at the same time leaves the same line.
    expect(new Set(lines)).toEqual(
      new Set(['overlayfs: workdir and upperdir must reside under the same mount']),
    );
    mounted(['index=on', 'nfs_export=on']).unmount();
  });

  test('may be asked by many at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => driver.start('in-use', union, { runtime }).answer()),
    );
    expect(answers).toEqual(answers.map(() => ({ inUse: false, method: 'kernel' })));
  });

  test('leaves no scratch directory', () => {
    const ask = [process.execPath, ...driver.args('in-use', union, { runtime })];
    const script = '"$@" && ls -A /dev/shm';
    const answer = command(apart[0] ?? '', ...apart.slice(1), 'sh', '-c', script, 'sh', ...ask);
    expect(answer).toBe('{"inUse":false,"method":"kernel"}\n');
  });

  test('leaves no mount, and the overlay free, when the asker is killed', async () => {
    for (let delay = 60; delay < 160; delay += 10) {
      const asker = driver.start('in-use', union, { runtime }, apart);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await asker.kill();
    }
    expect(overlayInUse(union)).toEqual(freeByKernel);
    mounted().unmount();
  });
});

describeKernel('without a say from the kernel', ['root', 'overlay'], () => {
  const unprivileged = ['setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-all'];

  test('mount tables answer where the capability is missing', () => {
    expect(driver.run('in-use', union, { runtime }, unprivileged)).toEqual({
      inUse: false,
      method: 'mountinfo',
    });
    const mount = mounted();
    expect(driver.run('in-use', union, { runtime }, unprivileged)).toMatchObject({
      inUse: true,
      by: 'upper',
      method: 'mountinfo',
      where: { mountpoint: place.merged },
    });
    mount.unmount();
  });

  test('mount tables answer where the branch is mounted read-only, or unbindable', () => {
    const mount = mounted();
    const alias = join(temp.path, 'alias');
    mkdirSync(alias);
    command('mount', '--bind', join(temp.path, 'union'), alias);
    const other: OverlayUnion = {
      ...union,
      branches: union.branches.map((each) => ({
        ...each,
        path: bytesFromText(join(alias, each.role === 'upper' ? 'upper' : 'lower')),
      })),
      work: bytesFromText(join(alias, 'work')),
    };
    expect(overlayInUse(other)).toMatchObject({ inUse: true, method: 'kernel' });
    for (const how of ['remount,bind,ro', 'unbindable']) {
      command('mount', ...(how === 'unbindable' ? ['-o', 'remount,bind,rw'] : ['-o', how]), alias);
      if (how === 'unbindable') command('mount', '--make-unbindable', alias);
      expect(overlayInUse(other)).toMatchObject({ inUse: true, by: 'upper', method: 'mountinfo' });
    }
    mount.unmount();
    expect(overlayInUse(other)).toMatchObject({ inUse: false, method: 'mountinfo' });
  });

  test('root of a user namespace of its own is answered by the kernel', () => {
    const wrapper = ['unshare', '--user', '--map-root-user', '--mount'];
    expect(driver.run('in-use', union, { runtime }, wrapper)).toEqual({ inUse: false, method: 'kernel' });
    const mount = mounted();
    expect(driver.run('in-use', union, { runtime }, wrapper)).toMatchObject({
      inUse: true,
      method: 'kernel',
    });
    mount.unmount();
  });
});

function upperBeside(name: string): string {
  const path = join(temp.path, name);
  mkdirSync(path);
  return path;
}
