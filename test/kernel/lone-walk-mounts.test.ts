import { linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { closeLeftOpen } from '../support/left-open.js';
import { type LoopImage, makeLoopImage, packLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { unmount } from '../support/unmount.js';
import { walkAlone } from '../support/walk-alone.js';

describeKernel(
  'a walk of one layer on real file systems',
  ['root', 'loop', 'ext4', 'ext4-typeless', 'tmpfs', 'squashfs'],
  () => {
    let images: LoopImage[] = [];
    const directories: TempDir[] = [];
    afterEach(() => {
      for (const image of images) image.dispose();
      images = [];
      for (const directory of directories.splice(0)) directory.dispose();
    });

    function fill(root: string): string[] {
      mkdirSync(join(root, 'top/a/b'), { recursive: true });
      mkdirSync(join(root, 'top/.hidden'));
      for (const path of ['top/x', 'top/a/y', 'top/a/b/z', 'top/.hidden/v'])
        writeFileSync(join(root, path), '');
      linkSync(join(root, 'top/x'), join(root, 'top/a/b/x'));
      return ['top/.hidden/v', 'top/a/b/x', 'top/a/b/z', 'top/a/y', 'top/x'];
    }

    async function walkedBothWays(root: string): Promise<string[]> {
      const slow = await walkAlone(root, { lone: false });
      const quick = await walkAlone(root, { lone: true });
      expect(quick.unreadable).toEqual([]);
      expect([...quick.names].sort()).toEqual([...slow.names].sort());
      expect(quick.walked).toEqual(slow.walked);
      return [...quick.names].filter((path) => path !== 'lost+found').sort();
    }

    test('directories that tell no types', async () => {
      const image = makeLoopImage('ext4-typeless');
      images.push(image);
      const expected = fill(image.mountpoint);
      expect(await walkedBothWays(image.mountpoint)).toEqual(expected);
    });

    test('a read-only image', async () => {
      const source = makeLoopImage('ext4');
      images.push(source);
      const expected = fill(source.mountpoint);
      const packed = packLoopImage('squashfs', source.mountpoint);
      images.unshift(packed);
      expect(await walkedBothWays(packed.mountpoint)).toEqual(expected);
    });

    test('what a mount covers, and nothing of the mount', async () => {
      const image = makeLoopImage('ext4');
      images.push(image);
      const expected = fill(image.mountpoint);
      const covered = join(image.mountpoint, 'top/a');
      command('mount', '-t', 'tmpfs', 'tmpfs', covered);
      try {
        writeFileSync(join(covered, 'foreign'), '');
        expect(await walkedBothWays(image.mountpoint)).toEqual(expected);
        expect(closeLeftOpen(image.mountpoint)).toEqual([]);
      } finally {
        unmount(covered);
      }
    });

    test('directories of every size, to their last name', async () => {
      const image = makeLoopImage('ext4', { bytes: 64 * 2 ** 20 });
      images.push(image);
      const sizes = [0, 1, 150, 1200, 12_000];
      for (const size of sizes) {
        const directory = join(image.mountpoint, 'top', `${size}`);
        mkdirSync(directory, { recursive: true });
        // One inode will do.
        if (size > 0) writeFileSync(join(directory, 'name0'), '');
        for (let i = 1; i < size; i += 1) linkSync(join(directory, 'name0'), join(directory, `name${i}`));
      }
      const paths = await walkedBothWays(image.mountpoint);
      const expected = sizes.flatMap((size) =>
        Array.from({ length: size }, (_, i) => `top/${size}/name${i}`),
      );
      expect(paths).toEqual(expected.sort());
    });

    test('goes 2,000 levels down with few descriptors, and comes back for what it left', async () => {
      // On a tmpfs: it is gone with its mount, while rm takes seconds. A shell asks where it is at every level.
      const home = tempDir('deep');
      directories.push(home);
      command('mount', '-t', 'tmpfs', 'tmpfs', home.path);
      mkdirSync(join(home.path, 'top'));
      const dig = `
      const { mkdirSync, writeFileSync } = require('node:fs');
      process.chdir(process.argv[1]);
      for (let i = 0; i < 2000; i += 1) {
        mkdirSync('left');
        writeFileSync('left/name', '');
        mkdirSync('d');
        process.chdir('d');
      }
      writeFileSync('bottom', '');`;
      command(process.execPath, '-e', dig, join(home.path, 'top'));
      const before = readdirSync('/proc/self/fd').length;
      const { names, most } = await walkAlone(home.path, { lone: true });
      expect([...names].sort()).toEqual([...(await walkAlone(home.path, { lone: false })).names].sort());
      expect(names).toHaveLength(2001);
      expect(new Set(names).size).toBe(2001);
      expect(names).toContain(`top/${'d/'.repeat(2000)}bottom`);
      expect(names).toContain(`top/${'d/'.repeat(1999)}left/name`);
      expect(most - before).toBeLessThan(160);
      expect(closeLeftOpen(home.path)).toEqual([]);
    });
  },
);
