import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { command } from '../support/command.js';
import { describeKernel, type Need } from '../support/needs.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import type { Disk } from './crash-disks.js';
import type { CrashFileSystem } from './crash-image.js';
import { ownMounts } from './own-mounts.js';
import { UnionImage } from './union-image.js';

/** Whether everything is to be tried, or the part of it that a usual test run has time for. */
export const FULL = process.env.PLINKCTL_CRASH === 'full';

/** Tests on copies of one overlay on a file system of the given type. */
export function describeCrash(
  title: string,
  type: CrashFileSystem,
  needs: readonly Need[],
  body: (union: () => UnionImage, directory: () => string) => void,
): void {
  describeDisks(
    `${title} on ${type}`,
    [type],
    needs,
    ([disk], directory) => UnionImage.make(type, directory, disk?.mountpoint ?? ''),
    body,
  );
}

/** Tests on copies of one union on some disks; `make` gets them and an empty directory for the images. */
export function describeDisks<T>(
  title: string,
  types: readonly CrashFileSystem[],
  needs: readonly Need[],
  make: (disks: readonly Disk[], directory: string) => Promise<T>,
  body: (union: () => T, directory: () => string) => void,
): void {
  describeKernel(title, ['root', 'loop', 'kmsg', 'overlay', 'tmpfs', ...types, ...needs], () => {
    let directory: TempDir;
    let union: T;
    beforeAll(async () => {
      ownMounts();
      directory = tempDir('crash');
      command('mount', '-t', 'tmpfs', '-o', 'size=16g', 'tmpfs', directory.path);
      const at = (name: string): string => {
        mkdirSync(join(directory.path, name));
        return join(directory.path, name);
      };
      at('other');
      const disks = types.map((type, i) => ({ type, mountpoint: at(`mnt${i}`) }));
      union = await make(disks, at('images'));
    });
    afterAll(() => directory?.dispose());
    body(
      () => union,
      () => join(directory.path, 'other'),
    );
  });
}
