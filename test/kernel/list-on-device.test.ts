import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { listGroups } from '../../src/scan/hints/list-groups.js';
import { listOnDevice } from '../../src/scan/hints/list-on-device.js';
import type { LowerGroups } from '../../src/scan/hints/lower-groups.js';
import type { HandleLayer } from '../../src/scan/overlay/overlay-layers.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import { fileSystemOf } from '../../src/sys/filesystem.js';
import { openDirectory, withFd } from '../../src/sys/open.js';
import { interpose } from '../../src/sys/seam.js';
import { type LoopImage, makeExt4Image } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { Random } from '../support/random.js';

async function both(path: string): Promise<{ walked: unknown; read: unknown }> {
  const root = openDirectory(bytesFromText(path));
  const layer: HandleLayer = {
    branch: 1,
    role: 'lower',
    whiteouts: true,
    root,
    path: bytesFromText(path),
    fileSystem: fileSystemOf(root).type,
    trueInodes: true,
    uuid: undefined,
    uuidText: undefined,
  };
  const [walked, read] = [await listGroups(layer, undefined), await listOnDevice(layer, undefined)];
  withFd(root, () => undefined);
  return { walked: facts(walked), read: facts(read) };
}

function facts(groups: LowerGroups | undefined): unknown {
  if (groups === undefined) return undefined;
  return [...groups.places.keys()].sort().map((inode) => [inode, groups.directoriesOf(inode).sort()]);
}

function fill(root: string, random: Random): void {
  const directories = [''];
  for (let i = 0; i < 300; i += 1) {
    const path = join(random.pick(directories), `d${i}`);
    mkdirSync(join(root, path));
    directories.push(path);
  }
  for (let i = 0; i < 1000; i += 1) {
    const first = join(root, random.pick(directories), `f${i}`);
    writeFileSync(first, '');
    for (let k = random.between(0, 3); k > 0; k -= 1)
      linkSync(first, join(root, random.pick(directories), `l${i}-${k}`));
  }
}

describeKernel('the groups of a lower, listed from its device', ['root', 'loop', 'ext4'], () => {
  let image: LoopImage | undefined;
  afterEach(() => {
    interpose(undefined);
    image?.dispose();
    image = undefined;
  });

  test('are those that a walk lists', async () => {
    image = makeExt4Image([]);
    mkdirSync(join(image.mountpoint, 'lower'));
    fill(image.mountpoint, new Random(11));
    for (const path of [image.mountpoint, join(image.mountpoint, 'd0'), join(image.mountpoint, 'lower')]) {
      const { walked, read } = await both(path);
      expect(read).toEqual(walked);
    }
  });

  test('are left to a walk where a directory cannot be read', async () => {
    image = makeExt4Image(['-O', 'inline_data', '-I', '256']);
    mkdirSync(join(image.mountpoint, 'small'));
    writeFileSync(join(image.mountpoint, 'small/f'), '');
    expect((await both(image.mountpoint)).read).toBeUndefined();
  });

  test('are left to a walk without the right to the device', async () => {
    image = makeExt4Image([]);
    interpose(({ name, path }, proceed) => (name === 'openat' && path.startsWith('/dev/') ? -1 : proceed()));
    expect((await both(image.mountpoint)).read).toBeUndefined();
  });
});
