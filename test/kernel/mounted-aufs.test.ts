import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { AufsStandIn } from '../support/aufs-stand-in.js';
import { command } from '../support/command.js';
import { makeTwin } from '../support/make-twin.js';
import { describeKernel } from '../support/needs.js';
import { Place } from '../support/place.js';
import { runMain } from '../support/run-main.js';
import { tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { afterReading, expectSameTree } from '../support/tree-diff.js';

describeKernel('a mounted aufs with', ['root', 'tmpfs'], () => {
  const withStandIn = async (body: (aufs: AufsStandIn, flush: () => Promise<Flushed>) => Promise<void>) => {
    const directory = tempDir('mounted-aufs');
    try {
      const aufs = new AufsStandIn(directory.path);
      await body(aufs, async () => {
        const { out } = await aufs.during(() =>
          runMain('flush', '--json', '--kernel-root', aufs.kernel as string, aufs.mount),
        );
        return JSON.parse(out);
      });
    } finally {
      directory.dispose();
    }
  };

  test('another file system mounted inside: the entry it may concern is kept', () =>
    withStandIn(async (aufs, flush) => {
      const covered = aufs.group(['a', 'dir/b'], ['a'], 'new\n');
      aufs.group(['x', 'y'], ['x'], 'newer\n');
      command('mount', '-t', 'tmpfs', 'cover', join(aufs.mount, 'dir'));
      expect(await flush()).toMatchObject({ exitCode: 4, summary: { entriesRemoved: 1, entriesKept: 1 } });
      expect(readdirSync(join(aufs.upper, '.wh..wh.plnk'))).toEqual([covered]);
      expect(aufs.story.events).not.toContain('clean');
      command('umount', join(aufs.mount, 'dir'));
      expect(await flush()).toMatchObject({ exitCode: 0, summary: { entriesRemoved: 1 } });
      expect(aufs.story.events).toContain('clean');
    }));

  test('a file mounted over a name: the entry it may concern is kept', () =>
    withStandIn(async (aufs, flush) => {
      const covered = aufs.group(['a', 'b'], ['a'], 'new\n');
      command('mount', '--bind', join(aufs.upper, 'a'), join(aufs.mount, 'b'));
      expect(await flush()).toMatchObject({ exitCode: 4 });
      expect(readdirSync(join(aufs.upper, '.wh..wh.plnk'))).toEqual([covered]);
    }));

  test('setuid, capabilities, attributes, nanoseconds and every kind of file: all as before', () =>
    withStandIn(async (aufs, flush) => {
      aufs.group(['su', 'bin/su'], ['su'], 'program\n');
      const upper = new Place(aufs.upper);
      for (const kind of ['fifo', 'symlink', 'device'] as const) aufs.special(kind, [kind, `d/${kind}`]);
      upper.setXattr(
        'su' as never,
        'security.capability',
        Buffer.from('0100000200200000000000000000000000000000', 'hex'),
      );
      upper.setXattr('su' as never, 'user.note', Buffer.from('kept'));
      command('chmod', '6755', join(aufs.upper, 'su'), join(aufs.mount, 'su'));
      const [mount, before] = [snapshot(aufs.mount), snapshot(aufs.upper)];
      expect(await flush()).toMatchObject({ exitCode: 0, summary: { linksRestored: 4, entriesRemoved: 4 } });
      // The kernel's own links change nothing on the mount but ctime.
      expectSameTree(mount, snapshot(aufs.mount), { ...afterReading, ignore: ['ctime'] });
      const old = new Set(before.map(({ path }) => path));
      const after = snapshot(aufs.upper).filter(({ path }) => old.has(path));
      expectSameTree(
        before.filter(({ path }) => path !== '' && !path.startsWith('.wh..wh.plnk')),
        after.filter(({ path }) => path !== '' && !path.startsWith('.wh..wh.plnk')),
        { ...afterReading, ignore: ['ctime', 'nlink', 'group'] },
      );
      for (const name of ['su', 'fifo', 'symlink', 'device']) {
        expect(lstatInode(aufs.upper, name === 'su' ? 'bin/su' : `d/${name}`)).toBe(
          lstatInode(aufs.upper, name),
        );
      }
    }));
});

interface Flushed {
  readonly exitCode: number;
}

const lstatInode = (root: string, name: string): number => makeTwin.inode(join(root, name));
