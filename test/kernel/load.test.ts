import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { phases } from '../load/phases.js';
import { command } from '../support/command.js';
import { describeKernel } from '../support/needs.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

/** Of what `npm run load` does. */
const SHARE = 0.005;

describeKernel('load', ['root', 'overlay', 'tmpfs'], () => {
  let directory: TempDir;
  beforeAll(() => {
    directory = tempDir('load');
    command('mount', '-t', 'tmpfs', '-o', 'nr_inodes=0', 'tmpfs', directory.path);
  });
  afterAll(() => directory?.dispose());

  test.each(phases('', SHARE).map((_, i) => i))('kind %i: nothing is lost, memory is bounded', async (i) => {
    const root = join(directory.path, String(i));
    mkdirSync(root);
    expect((await phases(root, SHARE)[i]?.())?.wrong).toEqual([]);
  });
});
