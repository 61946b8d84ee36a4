import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { kernelRoot } from '../support/kernel-root.js';
import { describeKernel } from '../support/needs.js';
import { mountOverlay } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { runMain, runMainAs } from '../support/run-main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const NOBODY = 65534;

describeKernel('the commands on an overlay', ['root', 'overlay'], () => {
  let directory: TempDir;
  let place: OverlayPlace;
  let words: string[];

  beforeEach(() => {
    directory = tempDir('command');
    place = overlayPlace(directory.path);
    const lower = (name: string): string => join(place.lowers[0] ?? '', name);
    mkdirSync(lower('d'));
    writeFileSync(lower('a'), 'old\n');
    for (const name of ['b', 'd/c']) linkSync(lower('a'), lower(name));
    whileMounted(place, ['index=on'], (view) => writeFileSync(join(view.root, 'a'), 'new\n'));
    words = ['--upper', place.upper, '--lower', place.lowers[0] ?? '', '--work', place.work];
  });

  afterEach(() => directory.dispose());

  const json = async (...argv: string[]) => JSON.parse((await runMain(...argv, '--json')).out);

  test('list tells what flush then does', async () => {
    const before = snapshot(directory.path);
    const listed = await json('list', ...words);
    const planned = await json('flush', '--dry-run', ...words);
    expectSameTree(before, snapshot(directory.path));
    expect(listed).toMatchObject({
      schema: 'plinkctl/1',
      command: 'list',
      target: { format: 'overlay', mounted: false, upper: place.upper, lowers: place.lowers },
      entries: [{ state: 'restorable', names: ['a'], missing: ['b', 'd/c'], restored: [], removed: false }],
      summary: { entries: 1, linksMissing: 2, linksRestored: 0 },
      exitCode: 0,
    });
    expect(planned).toMatchObject({ dryRun: true, entries: [{ restored: ['b', 'd/c'], removed: true }] });

    const done = await json('flush', ...words);
    expect(done).toMatchObject({
      dryRun: false,
      entries: [{ missing: ['b', 'd/c'], restored: ['b', 'd/c'], removed: true }],
      summary: { linksRestored: 2, entriesRemoved: 1, entriesKept: 0, linksMissing: 0 },
      exitCode: 0,
    });
    for (const name of ['a', 'b', 'd/c']) {
      expect(readFileSync(join(place.upper, name), 'utf8')).toBe('new\n');
      expect(statSync(join(place.upper, name)).nlink).toBe(3);
    }
    expect(await json('list', ...words)).toMatchObject({ entries: [], exitCode: 0 });
    expect((await runMain('flush', ...words)).out).toContain('Nothing to flush.');
  });

  test('-o says the same as --upper, --lower and --work', async () => {
    const options = `lowerdir=${place.lowers[0]},upperdir=${place.upper},workdir=${place.work}`;
    const [a, b] = [await json('list', '-o', options), await json('list', ...words)];
    expect({ ...a, summary: null }).toEqual({ ...b, summary: null });
  });

  test('a mounted union is read by its mount point', async () => {
    const mount = mountOverlay({ ...place, options: ['index=on'], target: place.merged });
    try {
      expect(await json('list', place.merged)).toMatchObject({
        target: { mounted: true, mountpoint: place.merged },
        entries: [{ missing: ['b', 'd/c'] }],
      });
      const discovered = await json('discover');
      const found = discovered.unions.find(
        ({ mountpoint }: { mountpoint: string }) => mountpoint === place.merged,
      );
      expect(found).toMatchObject({ format: 'overlay', index: true, entries: 1 });
    } finally {
      mount.unmount();
    }
  });

  test('--fstab and --all find a union that is not mounted', async () => {
    const options = `lowerdir=${place.lowers[0]},upperdir=${place.upper},workdir=${place.work}`;
    const root = `--kernel-root=${kernelRoot(join(directory.path, 'kernel'), {
      files: {
        'etc/fstab': `overlay ${place.merged} overlay ${options},noauto 0 0\n`,
        'etc/plinkctl.conf': `# the same again, branch by branch\n--upper ${place.upper} --lower ${place.lowers[0]} --work ${place.work}\n`,
      },
    })}`;
    expect(await json('list', root, '--fstab', place.merged)).toMatchObject({ entries: [{ names: ['a'] }] });
    const all = await json('flush', root, '--all');
    expect(all).toMatchObject({
      command: 'flush',
      targets: [{ summary: { linksRestored: 2 }, exitCode: 0 }],
      summary: { targets: 1, linksRestored: 2 },
      exitCode: 0,
    });
  });

  test('a union mounted with index=off is told so', async () => {
    const mount = mountOverlay({ ...place, options: ['index=off'], target: place.merged });
    try {
      expect((await runMain('list', place.merged)).out).toContain('mounted with index=off');
    } finally {
      mount.unmount();
    }
  });

  test('the metrics of a flush', async () => {
    await runMain('flush', ...words, '--metrics', join(directory.path, 'm.prom'));
    const text = readFileSync(join(directory.path, 'm.prom'), 'utf8');
    expect(text).toContain(`plinkctl_links_restored{command="flush",upper="${place.upper}"} 2\n`);
    expect(text).toContain('plinkctl_last_success_timestamp_seconds{command="flush"}');
  });

  test('a quiet flush says nothing', async () => {
    expect(await runMain('flush', '-q', ...words)).toEqual({ code: 0, out: '', err: '' });
  });
});

const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('plinkctl-demo-'));

describeKernel('demo by root', ['root', 'overlay'], () => {
  test('breaks a real overlay and mends it', async () => {
    const before = leftovers();
    const { code, out, err } = await runMain('demo');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('real overlayfs');
    expect(out).toContain('✗ latest.txt');
    expect(out).toContain('✓ One file again');
    expect(out.trimEnd().split('\n').length).toBeLessThan(40);
    expect(leftovers()).toEqual(before);
  });
});

describe('demo by an ordinary user', () => {
  test('uses plain directories and says why', async () => {
    const before = leftovers();
    const { code, out } = process.geteuid?.() === 0 ? await runMainAs(NOBODY, 'demo') : await runMain('demo');
    expect({ code, out }).toMatchObject({ code: 0 });
    expect(out).toContain('plain directories in the shape of an aufs');
    expect(out).toContain('may not mount');
    expect(out).toContain('✓ One file again');
    expect(leftovers()).toEqual(before);
  });
});
