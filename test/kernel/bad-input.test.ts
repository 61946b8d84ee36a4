import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { type LoopImage, makeLoopImage } from '../support/loop-image.js';
import { append, commonLower, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { mountOverlay, overlayOptions } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { layersOf } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import { type MainResult, runMain, runMainAs } from '../support/run-main.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const USAGE = 16;
const OPERATIONAL = 8;
const ATTENTION = 4;
const BUSY = 75;
const NOBODY = 65534;

const words = (place: OverlayPlace): string[] => ['-o', overlayOptions(place)];
const commands = ['list', 'check', 'restore', 'flush'] as const;

function expectOneLine({ code, out, err }: MainResult, expected: number, says: RegExp): void {
  expect({ code, out }).toEqual({ code: expected, out: '' });
  expect(err).toMatch(says);
  // One line that says what is wrong, at most one more that says what to do; never a stack.
  expect(err.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  expect(err).not.toMatch(/\n\s+at /);
}

function everything(place: OverlayPlace) {
  const { own, lowers } = layersOf(place);
  return [...own, ...lowers];
}

describeIncidents('bad input', ['ext4'], (directory) => {
  test.each(commands)('%s of a directory that is not there', async (name) => {
    const place = overlayWith(directory());
    const before = everything(place);
    const missing = { ...place, lowers: [join(place.upper, '../nowhere')] };
    expectOneLine(await runMain(name, ...words(missing)), OPERATIONAL, /nowhere.*(no such|does not exist)/i);
    expect(existsSync(join(place.upper, '../nowhere'))).toBe(false);
    expectSameTree(before, everything(place));
  });

  test.each(commands)('%s of a mount point that is not there', async (name) => {
    expectOneLine(await runMain(name, '/no/such/place'), OPERATIONAL, /\/no\/such\/place/);
  });

  test.each(commands)('%s of a directory that is no union', async (name) => {
    const root = directory();
    writeFileSync(join(root, 'file'), '');
    const before = snapshot(root);
    expectOneLine(await runMain(name, root), OPERATIONAL, /not a|no union|not mounted|is not/i);
    expectSameTree(before, snapshot(root));
  });

  test.each(commands)('%s of a file', async (name) => {
    const root = directory();
    writeFileSync(join(root, 'file'), '');
    expectOneLine(await runMain(name, join(root, 'file')), OPERATIONAL, /file/);
  });

  test.each(commands)('%s by an fstab that is a directory', async (name) => {
    const root = directory();
    expectOneLine(
      await runMain(name, `--fstab=${root}`, '/mnt'),
      OPERATIONAL,
      new RegExp(`${root}: .*directory`),
    );
  });

  test.each(commands)('%s without a target', async (name) => {
    expectOneLine(await runMain(name), USAGE, /no union/);
  });

  test.each(commands)('%s with the upper as a lower', async (name) => {
    const place = overlayWith(directory());
    const before = everything(place);
    const twice = { ...place, lowers: [place.upper] };
    expectOneLine(await runMain(name, ...words(twice)), USAGE, /same directory/);
    expectSameTree(before, everything(place));
  });

  test.each(commands)('%s with a lower inside of the upper', async (name) => {
    const place = overlayWith(directory());
    const inside = join(place.upper, 'inside');
    mkdirSync(inside);
    const before = everything(place);
    const nested = { ...place, lowers: [...place.lowers, inside] };
    expectOneLine(await runMain(name, ...words(nested)), USAGE, /lower 2 lies inside of the upper/);
    expectSameTree(before, everything(place));
  });

  test.each(commands)('%s with an empty index has nothing to do', async (name) => {
    const place = overlayWith(directory(), { session: () => undefined });
    const before = everything(place);
    const result = await runMain(name, ...words(place));
    expect(result).toMatchObject({ code: 0, err: '' });
    expectSameTree(before, everything(place));
  });

  test.each(commands)('%s of an overlay that never had an index has nothing to do', async (name) => {
    const place = overlayWith(directory(), { options: ['index=off'], session: () => undefined });
    rmSync(join(place.work, 'index'), { recursive: true, force: true });
    const before = everything(place);
    expect(await runMain(name, ...words(place))).toMatchObject({ code: 0, err: '' });
    expectSameTree(before, everything(place));
  });

  test('a junk name in the index is named, kept, and asks for attention', async () => {
    const place = overlayWith(directory());
    writeFileSync(join(place.work, 'index/junk'), 'precious');
    const { code, out, err } = await runMain('flush', ...words(place));
    expect(code).toBe(ATTENTION);
    expect(out + err).toContain('junk');
    expect(readFileSync(join(place.work, 'index/junk'), 'latin1')).toBe('precious');
    expect(existsSync(join(place.upper, 'd/C'))).toBe(true);
  });

  test.each(commands)('%s by an ordinary user', async (name) => {
    const place = overlayWith(directory());
    command('chmod', '755', join(place.upper, '..'));
    const before = everything(place);
    const result = await runMainAs(NOBODY, name, ...words(place));
    expectOneLine(result, OPERATIONAL, /root|permi|privilege|CAP_/i);
    expectSameTree(before, everything(place));
  });

  test.each(['restore', 'flush'])(
    '%s of a union that is mounted is not done behind the kernel’s back',
    async (name) => {
      const place = overlayWith(directory());
      const mount = mountOverlay({ ...place, options: ['index=on'], target: place.merged });
      try {
        const before = everything(place);
        expectOneLine(await runMain(name, ...words(place)), BUSY, /mounted|in use/i);
        expectSameTree(before, everything(place));
      } finally {
        mount.unmount();
      }
    },
  );
});

describeIncidents('file systems that take no link', ['ext4'], () => {
  const images: LoopImage[] = [];
  afterEach(() => {
    for (const image of images.splice(0)) image.dispose();
  });
  const image = (options: { mountOptions?: string[] } = {}): LoopImage => {
    const made = makeLoopImage('ext4', options);
    images.push(made);
    return made;
  };

  test.each(['restore', 'flush'])('%s on an upper that is read-only', async (name) => {
    const disk = image();
    const place = overlayWith(disk.mountpoint);
    const before = everything(place);
    disk.remount('ro');
    expectOneLine(await runMain(name, ...words(place)), OPERATIONAL, /read-only/i);
    disk.remount();
    // The loop device may have another number.
    expectSameTree(before, everything(place), { ignore: ['inode'] });
  });

  test.each(['list', 'check'])('%s reads an upper that is read-only', async (name) => {
    const disk = image();
    const place = overlayWith(disk.mountpoint);
    const before = await runMain(name, ...words(place));
    disk.remount('ro');
    expect(await runMain(name, ...words(place))).toEqual(before);
    expect(before.code).toBe(0);
  });

  test.each(['restore', 'flush'])(
    '%s with no space left keeps the entry and finishes later',
    async (name) => {
      const disk = image();
      const place = overlayPlace(disk.mountpoint);
      const lower = new Place(place.lowers[0] as string);
      commonLower(lower);
      // A directory of its own for each alias: they need blocks that the disk will not have.
      for (let i = 0; i < 40; i++) {
        mkdirSync(join(lower.root, `dir${i}`));
        command('ln', join(lower.root, 'A'), join(lower.root, `dir${i}`, 'alias'));
      }
      whileMounted(place, ['index=on'], (view) => append(view, 'A'));
      const filler = join(disk.mountpoint, 'filler');
      command('bash', '-c', 'dd if=/dev/zero of="$1" bs=1K status=none || true', 'bash', filler);
      const lowers = layersOf(place).lowers;

      const full = await runMain(name, ...words(place));

      expect([ATTENTION, OPERATIONAL]).toContain(full.code);
      expect(full.out + full.err).toMatch(/no space left/i);
      expectSameTree(lowers, layersOf(place).lowers);
      rmSync(filler);
      expect(await runMain(name, ...words(place))).toMatchObject({ code: 0 });
      expect(existsSync(join(place.upper, 'dir39/alias'))).toBe(true);
    },
  );
});
