import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type FileSystems, mountFileSystems } from '../support/file-systems.js';
import { flushableOverlay } from '../support/flushable-overlay.js';
import { describeKernel } from '../support/needs.js';
import { viewOf } from '../support/overlay-verifier.js';
import { expectSameView } from '../support/tree-diff.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

describeKernel('system calls that a filter does not know', ['root', 'loop', 'overlay', 'ext4'], () => {
  let fileSystems: FileSystems;
  beforeAll(() => {
    fileSystems = mountFileSystems(['ext4']);
  });
  afterAll(() => fileSystems?.dispose());

  test.each([
    ['ENOSYS', 38],
    ['EPERM', 1],
    ['EACCES', 13],
  ])('are done another way where they fail with %s', (_, errno) => {
    const overlay = flushableOverlay(fileSystems.directory('ext4', `filtered${errno}`));
    const { upper, work, lowers } = overlay.place;
    const before = viewOf(overlay.place, ['index=on']);
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        ...['--require', join(project, 'test/support/refuse-calls.cjs'), join(project, 'bin/plinkctl.js')],
        ...['flush', '--upper', upper, '--work', work, '--lower', lowers[0] ?? ''],
      ],
      { encoding: 'utf8', env: { ...process.env, PLINKCTL_REFUSE_WITH: String(errno) } },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect([overlay.entries(), overlay.whole()]).toEqual([0, true]);
    for (const options of [['index=on'], ['index=off']])
      expectSameView(before.tree, viewOf(overlay.place, options).tree);
  });
});
