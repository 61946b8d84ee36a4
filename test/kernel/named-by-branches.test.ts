import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { append, commonLower, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { mountOverlay, overlayOptions } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace } from '../support/overlay-place.js';
import { layersOf } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import { runMain } from '../support/run-main.js';
import { expectSameTree } from '../support/tree-diff.js';
import { unmount } from '../support/unmount.js';

const OPTIONS = ['index=on'];

describeIncidents('a union that is named by its branches', ['ext4'], (directory) => {
  const mounts: string[] = [];
  afterEach(() => {
    for (const path of mounts.splice(0).reverse()) unmount(path);
  });

  const words = ({ upper, work, lowers }: OverlayPlace): string[] => [
    ...['--upper', upper, '--work', work],
    ...lowers.flatMap((lower) => ['--lower', lower]),
  ];
  const target = async (name: 'list' | 'check', place: OverlayPlace) =>
    JSON.parse((await runMain(name, '--json', ...words(place))).out).target;
  const bind = (from: string, to: string): string => {
    mkdirSync(to);
    command('mount', '--bind', from, to);
    mounts.push(to);
    return to;
  };
  const mount = (place: OverlayPlace): void => {
    mountOverlay({ ...place, options: OPTIONS, target: place.merged });
    mounts.push(place.merged);
  };
  const withEntry = (): OverlayPlace => overlayWith(directory(), { session: (view) => append(view, 'A') });

  test.each(['list', 'check'] as const)('%s: mounted, and what to run next is of the mount', async (name) => {
    const place = withEntry();
    mount(place);
    const before = layersOf(place);
    expect(await target(name, place)).toMatchObject({ mounted: true, mountpoint: place.merged });
    const { out } = await runMain(name, ...words(place));
    expect(out).toContain(`overlay, mounted at ${place.merged}\n`);
    expect(out).toContain(`next: plinkctl flush ${place.merged}\n`);
    expectSameTree(before.own, layersOf(place).own);
  });

  test.each(['flush', 'restore', 'prune'])(
    'mounted: a dry run of %s is refused as the run is',
    async (name) => {
      const place = withEntry();
      mount(place);
      const before = layersOf(place);
      const [dry, run] = [await runMain(name, '-n', ...words(place)), await runMain(name, ...words(place))];
      expect(dry).toEqual(run);
      expect(run).toMatchObject({ code: 75, err: expect.stringContaining(`mounted at ${place.merged}`) });
      expectSameTree(before.own, layersOf(place).own);
    },
  );

  test('not mounted: list looks into its own mount namespace alone, and says so', async () => {
    const place = withEntry();
    expect(await target('list', place)).toMatchObject({ mounted: false, mountpoint: null });
    expect((await runMain('list', ...words(place))).out).toMatch(/^overlay, not mounted here$/m);
    expect((await runMain('check', ...words(place))).out).toMatch(/^overlay, not mounted$/m);
  });

  test('another union with the same lower is not it', async () => {
    const place = withEntry();
    const other = overlayPlace(directory(), place.lowers);
    mount(other);
    expect(await target('check', place)).toMatchObject({ mounted: false });
  });

  test.each(['a symlink', 'a bind mount', 'a relative path'])('mounted by %s to its upper', async (how) => {
    const root = directory();
    const place = overlayWith(root);
    if (how === 'a relative path') {
      const data = overlayOptions({ lowers: ['lower'], upper: 'upper', work: 'work', options: OPTIONS });
      command('sh', '-c', 'cd "$1" && mount -t overlay -o "$2" overlay merged', 'sh', root, data);
      mounts.push(place.merged);
    } else {
      const away = join(root, 'away');
      if (how === 'a symlink') symlinkSync(root, away);
      else bind(root, away);
      const [upper, work] = ['upper', 'work'].map((name) => join(away, name)) as [string, string];
      mount({ ...place, upper, work });
    }
    for (const name of ['list', 'check'] as const) {
      expect(await target(name, place)).toMatchObject({ mounted: true, mountpoint: place.merged });
    }
  });

  test('with other lowers than are given: it is mounted, and the given ones are looked through', async () => {
    const place = withEntry();
    const root = directory();
    const more = join(root, 'more');
    mkdirSync(more);
    commonLower(new Place(more));
    mount(place);
    const lowers = [...place.lowers, more];
    expect(await target('list', { ...place, lowers })).toMatchObject({
      mounted: true,
      mountpoint: place.merged,
      lowers,
    });
  });

  test('mounted in another mount namespace: check knows', async () => {
    const place = withEntry();
    const script = 'mount -t overlay -o "$1" overlay "$2" && echo mounted && read line';
    const data = overlayOptions({ ...place, options: OPTIONS });
    const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', data, place.merged]);
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      expect(await target('check', place)).toMatchObject({
        mounted: true,
        mountpoint: expect.stringMatching(new RegExp(`^/proc/\\d+/root${place.merged}$`)),
      });
      expect((await runMain('list', ...words(place))).out).toMatch(/^overlay, not mounted here$/m);
    } finally {
      child.stdin.end('\n');
      await new Promise((resolve) => child.once('exit', resolve));
    }
  });
});
