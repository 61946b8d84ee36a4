import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { AufsScene } from '../support/aufs-scene.js';
import { AufsStandIn } from '../support/aufs-stand-in.js';
import { type EncryptedImage, makeEncryptedImage } from '../support/encrypted-image.js';
import { json } from '../support/mounted-restore.js';
import { describeKernel } from '../support/needs.js';
import { runMain } from '../support/run-main.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const kept = { exitCode: 4, summary: { linksRestored: 0, entriesRemoved: 0 } };

// As in an overlay: without its key the kernel lists an encrypted directory under other names.
describeKernel('an aufs branch with an encrypted directory', ['root', 'loop', 'ext4', 'fscrypt'], () => {
  let image: EncryptedImage;
  afterEach(() => image.dispose());

  test('lower-locked: unmounted, no name is guessed, with and without a record', async () => {
    image = makeEncryptedImage();
    const scene = new AufsScene(['rw', 'ro'], image.mountpoint);
    image.encrypted(join(scene.lower.root, 'home'));
    scene.file(scene.lower, ['home/A', 'home/B'], 'old\n');
    scene.file(scene.upper, ['home/A'], 'old\nnew\n');
    const entry = scene.plink('home/A');
    const state = join(image.mountpoint, 'state');
    expect(await json('record', '--state-dir', state, '-o', scene.words)).toMatchObject({ exitCode: 0 });
    const view = scene.view();
    image.lock();
    const before = scene.branches.map(({ root }) => snapshot(root));
    for (const words of [[], ['--state-dir', state]]) {
      for (const verb of ['restore', 'flush', 'repair']) {
        const done = await json(verb, ...words, '-o', scene.words);
        expect([verb, done]).toMatchObject([
          verb,
          { exitCode: 4, unreadable: [{ path: 'home', branch: 1, code: 'ENOKEY' }] },
        ]);
        before.forEach((tree, i) => {
          expectSameTree(tree, snapshot(scene.branches[i]?.root as never));
        });
      }
      await json('record', '--state-dir', state, '-o', scene.words);
    }
    image.unlock();
    expect(scene.view()).toEqual(view);
    expect(await json('flush', '--state-dir', state, '-o', scene.words)).toMatchObject({
      exitCode: 0,
      entries: [{ name: entry, restored: ['home/B'], removed: true }],
    });
  });

  test('lower-locked: mounted, what the mount shows of it is no name', async () => {
    image = makeEncryptedImage();
    const aufs = new AufsStandIn(image.mountpoint);
    const entry = aufs.group(['a', 'home/b'], ['a'], 'new\n');
    rmSync(join(aufs.lower, 'home'), { recursive: true });
    image.encrypted(join(aufs.lower, 'home'));
    image.lock();
    const trees = () => [aufs.mount, aufs.upper, aufs.lower].map((root) => snapshot(root));
    const before = trees();
    for (const verb of ['restore', 'flush']) {
      const { out } = await aufs.during(() =>
        runMain(verb, '--json', '--kernel-root', aufs.kernel as string, aufs.mount),
      );
      expect(JSON.parse(out)).toMatchObject({
        ...kept,
        unreadable: [{ path: 'home', branch: 1, code: 'ENOKEY' }],
      });
      trees().forEach((tree, i) => {
        expectSameTree(before[i] as never, tree);
      });
    }
    expect(readdirSync(join(aufs.upper, '.wh..wh.plnk'))).toEqual([entry]);
  });
});
