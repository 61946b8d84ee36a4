import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { command } from '../support/command.js';
import { describeKernel, type Need } from '../support/needs.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import type { CrashFileSystem } from './crash-image.js';
import { ownMounts } from './own-mounts.js';
import { UnionImage } from './union-image.js';

/** Whether everything is to be tried, or the part of it that a usual test run has time for. */
export const FULL = process.env.PLINKCTL_CRASH === 'full';

/** Tests on copies of one union on a file system of the given type. */
export function describeCrash(
  title: string,
  type: CrashFileSystem,
  needs: readonly Need[],
  body: (union: () => UnionImage, directory: () => string) => void,
): void {
  describeKernel(`${title} on ${type}`, ['root', 'loop', 'kmsg', 'overlay', 'tmpfs', type, ...needs], () => {
    let directory: TempDir;
    let union: UnionImage;
    beforeAll(() => {
      ownMounts();
      directory = tempDir('crash');
      command('mount', '-t', 'tmpfs', '-o', 'size=16g', 'tmpfs', directory.path);
      for (const name of ['images', 'mnt', 'other']) mkdirSync(join(directory.path, name));
      union = new UnionImage(type, join(directory.path, 'images'), join(directory.path, 'mnt'));
    });
    afterAll(() => directory?.dispose());
    body(
      () => union,
      () => join(directory.path, 'other'),
    );
  });
}
