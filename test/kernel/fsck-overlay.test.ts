import { linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Bytes } from '../../src/sys/bytes.js';
import { describeKernel } from '../support/needs.js';
import { mountOverlay, overlayOptions } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { Place } from '../support/place.js';
import { runAs } from '../support/run-as.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { afterReading, expectSameTree } from '../support/tree-diff.js';

async function whileMountedAsync<T>(place: OverlayPlace, body: () => Promise<T>): Promise<T> {
  const mount = mountOverlay({ ...place, options: ['index=on'], target: place.merged });
  try {
    return await body();
  } finally {
    mount.unmount();
  }
}

describeKernel('fsck.overlay', ['root', 'overlay'], () => {
  let directory: TempDir;
  let place: OverlayPlace;

  beforeEach(() => {
    directory = tempDir('fsck');
    place = overlayPlace(directory.path);
    writeFileSync(join(place.lowers[0] ?? '', 'a'), 'old\n');
    linkSync(join(place.lowers[0] ?? '', 'a'), join(place.lowers[0] ?? '', 'b'));
    whileMounted(place, ['index=on'], (view) => writeFileSync(join(view.root, 'a'), 'new\n'));
  });

  afterEach(() => directory.dispose());

  const fsck = (...argv: string[]) => runAs('fsck.overlay', [...argv, '-o', overlayOptions(place)]);

  // A name that only a newer kernel could have made: the mount of the overlay would fail.
  const damage = (): void => writeFileSync(join(place.work, 'index', 'zz'), 'junk');

  test('0 for a good overlay, whatever is asked', async () => {
    for (const flags of [['-n'], ['-p'], ['-y', '-f'], ['-C0', '-a'], []]) {
      expect(await fsck(...flags)).toMatchObject({ code: 0, err: '' });
    }
  });

  test('8 for a mounted one that is named by its directories, and why', async () => {
    const { code, err } = await whileMountedAsync(place, () => fsck('-p'));
    expect(code).toBe(8);
    expect(err).toContain('of a live overlay');
  });

  test('-n tells what is wrong and changes nothing: 4', async () => {
    damage();
    const before = snapshot(directory.path);
    expect(await fsck('-n')).toMatchObject({ code: 4, err: '' });
    expectSameTree(before, snapshot(directory.path), afterReading);
  });

  const miscount = (): void => {
    const [entry = ''] = readdirSync(join(place.work, 'index'));
    new Place(join(place.work, 'index')).setXattr(
      entry as Bytes,
      'trusted.overlay.nlink',
      Buffer.from('U-1'),
    );
  };

  test.each(['-y', '-p', '-a'])('%s mends it: 1, then 0', async (flag) => {
    miscount();
    expect((await fsck('-n')).code).toBe(4);
    const { code, out, err } = await fsck(flag);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).not.toBe('');
    expect((await fsck('-n')).code).toBe(0);
  });

  test('what is mended and what is left add up: 5', async () => {
    miscount();
    damage();
    expect((await fsck('-y')).code).toBe(5);
    expect((await fsck('-n')).code).toBe(4);
  });

  test('without a terminal and an answer it only looks', async () => {
    damage();
    const before = snapshot(place.work);
    expect((await fsck()).code).toBe(4);
    expectSameTree(before, snapshot(place.work), afterReading);
  });

  test('a mounted overlay is looked at, and mended by nobody: 8', async () => {
    const mount = mountOverlay({ ...place, options: ['index=on'], target: place.merged });
    try {
      expect((await runAs('fsck.overlay', ['-n', place.merged])).code).toBe(0);
      expect(await runAs('fsck.overlay', ['-y', place.merged])).toMatchObject({
        code: 8,
        err: expect.stringContaining('mounted'),
      });
    } finally {
      mount.unmount();
    }
  });

  test('a directory that is not there: 8', async () => {
    mkdirSync(join(directory.path, 'gone'));
    const options = overlayOptions({ ...place, upper: join(directory.path, 'no') });
    expect(await runAs('fsck.overlay', ['-n', '-o', options])).toMatchObject({ code: 8 });
  });

  test.each([[[]], [['-n']], [['-x', '/']], [['a', 'b']]])('%j: 16', async (argv) => {
    expect(await runAs('fsck.overlay', argv)).toMatchObject({ code: 16 });
  });
});
