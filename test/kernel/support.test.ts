import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { kernelLog } from '../support/kernel-log.js';
import { namesOneOf } from '../support/kernel-log-names.js';
import { type LoopImage, makeLoopImage, openLoopImage, packLoopImage } from '../support/loop-image.js';
import { mountsBelow } from '../support/mountinfo.js';
import { describeKernel } from '../support/needs.js';
import { mountOverlay } from '../support/overlay-mount.js';
import { overlayPlace, whileMounted } from '../support/overlay-place.js';
import { pause } from '../support/pause.js';
import { tempDir } from '../support/temp-dir.js';
import { snapshot, type Tree } from '../support/tree.js';

const captures = fileURLToPath(new URL('../../fixtures/overlay', import.meta.url));

const disposals: (() => void)[] = [];

function own<T extends { dispose(): void }>(resource: T): T {
  disposals.push(() => resource.dispose());
  return resource;
}

afterEach(() => {
  while (disposals.length > 0) disposals.pop()?.();
});

function layers(root: string) {
  const at = (name: string) => join(root, name);
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(at(name), { recursive: true });
  return { lower: at('lower'), upper: at('upper'), work: at('work'), merged: at('merged') };
}

function expectGone(image: LoopImage) {
  expect(mountsBelow(image.mountpoint)).toEqual([]);
  expect(existsSync(image.image)).toBe(false);
  expect(command('losetup', '--all')).not.toContain(image.image);
}

describeKernel('overlay on a loop image', ['root', 'loop', 'overlay', 'ext4', 'xfs'], () => {
  test('a written hardlink alias gets an index entry, and dispose leaves nothing mounted', () => {
    const image = own(makeLoopImage('ext4'));
    const { lower, upper, work, merged } = layers(image.mountpoint);
    writeFileSync(join(lower, 'a'), 'lower data\n');
    linkSync(join(lower, 'a'), join(lower, 'b'));
    mountOverlay({ lowers: [lower], upper, work, options: ['index=on'], target: merged });

    appendFileSync(join(merged, 'a'), 'more\n');

    expect(readFileSync(join(merged, 'b'), 'latin1')).toBe('lower data\nmore\n');
    expect(readdirSync(join(work, 'index'))).toHaveLength(1);
    expect(readdirSync(upper)).toEqual(['a']);
    image.dispose();
    expectGone(image);
  });

  test.each(['co:lon', 'com,ma', 'back\\slash', 'a\\:b\\,c'])('layers below %s can be mounted', (name) => {
    const image = own(makeLoopImage('ext4'));
    const { lower, upper, work, merged } = layers(join(image.mountpoint, name));
    writeFileSync(join(lower, 'file'), 'seen\n');
    mountOverlay({ lowers: [lower], upper, work, options: ['index=on'], target: merged });

    writeFileSync(join(merged, 'new'), 'written\n');

    expect(readdirSync(merged).sort()).toEqual(['file', 'new']);
    expect(readFileSync(join(upper, 'new'), 'latin1')).toBe('written\n');
  });

  test.each(['k0-healthy', 'k0-healthy-xfs'])('the captured image %s opens as a private copy', (name) => {
    const image = own(openLoopImage(join(captures, `${name}.img.gz`)));

    expect(readdirSync(join(image.mountpoint, 'work/index'))).toHaveLength(1);
    image.dispose();
    expectGone(image);
  });
});

describeKernel('writable images', ['root', 'loop', 'xfs', 'btrfs'], () => {
  test.each(['xfs', 'btrfs'] as const)('%s keeps its files over a remount', (type) => {
    const image = own(makeLoopImage(type));
    writeFileSync(join(image.mountpoint, 'file'), 'kept\n');

    image.remount('ro');

    expect(readFileSync(join(image.mountpoint, 'file'), 'latin1')).toBe('kept\n');
    expect(command('findmnt', '-no', 'FSTYPE', image.mountpoint).trim()).toBe(type);
    expect(() => writeFileSync(join(image.mountpoint, 'file'), '')).toThrow(/EROFS/);
  });
});

describeKernel('packed images', ['root', 'loop', 'squashfs', 'erofs'], () => {
  test.each(['squashfs', 'erofs'] as const)('%s holds the directory and its hardlinks', (type) => {
    const source = own(tempDir('pack'));
    writeFileSync(join(source.path, 'a'), 'packed\n');
    linkSync(join(source.path, 'a'), join(source.path, 'b'));

    const image = own(packLoopImage(type, source.path));

    expect(readFileSync(join(image.mountpoint, 'b'), 'latin1')).toBe('packed\n');
    expect(command('stat', '-c', '%h', join(image.mountpoint, 'a')).trim()).toBe('2');
  });
});

describeKernel('kernel log', ['root', 'loop', 'kmsg', 'overlay', 'ext4'], () => {
  test('tells what overlayfs said during the action alone', () => {
    const image = own(makeLoopImage('ext4'));
    const { lower, upper, work, merged } = layers(image.mountpoint);
    const mountWith = (option: string) => () =>
      mountOverlay({ lowers: [lower], upper, work, options: [option], target: merged });

    const messages = kernelLog(() =>
      expect(mountWith('no_such_option=1')).toThrow(/wrong fs type|unknown|bad option/i),
    );

    expect(messages.join('\n')).toContain('no_such_option');
    expect(kernelLog(() => undefined)).toEqual([]);
  });

  test('names a file without its count by a path that is found again, odd bytes and the top included', () => {
    const image = own(makeLoopImage('ext4'));
    const place = overlayPlace(image.mountpoint);
    const names = ['top', 'd/caf\u00e9\\b', 'd/e/plain'];
    for (const [i, name] of names.entries()) {
      const file = join(place.lowers[0] ?? '', name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'data');
      linkSync(file, `${file}${i}`);
    }
    whileMounted(place, ['index=on'], ({ root }) => {
      for (const name of names) chmodSync(join(root, name), 0o600);
    });
    command('setfattr', '-x', 'trusted.overlay.nlink', ...names.map((name) => join(place.upper, name)));

    let tree: Tree = [];
    const look = () =>
      kernelLog(() => {
        tree = whileMounted(place, ['index=on'], ({ root }) => snapshot(root));
      }, /failed to get index nlink/);
    let log = look();
    if (log.length < names.length) {
      // The kernel says it ten times in five seconds, whatever the mount.
      pause(5_500);
      log = look();
    }

    expect(log).toHaveLength(names.length);
    expect(log.map((line) => namesOneOf(line, tree))).toEqual(log.map(() => true));
    const others = tree.filter(({ kind }) => kind === 'directory');
    expect(log.map((line) => namesOneOf(line, others))).toEqual(log.map(() => false));
    expect(namesOneOf('overlayfs: no_such_option', tree)).toBeUndefined();
  });
});
