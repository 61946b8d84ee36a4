import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lchownSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { describeKernel } from '../support/needs.js';
import { overlayWith } from '../support/overlay-incident.js';
import type { OverlayPlace } from '../support/overlay-place.js';
import { layersOf } from '../support/overlay-verifier.js';
import { type MainResult, runMainAs } from '../support/run-main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { afterReading, expectSameTree } from '../support/tree-diff.js';

const NOBODY = 65534;
const SOMEBODY = 1000;
const checkout = fileURLToPath(new URL('../..', import.meta.url));

const words = ({ upper, work, lowers }: OverlayPlace, ...options: string[]): string[] => [
  ...['--upper', upper, '--lower', lowers[0] ?? '', '--work', work],
  ...(options.length > 0 ? ['-o', options.join()] : []),
];

function everything(place: OverlayPlace) {
  const { own, lowers } = layersOf(place);
  return [...own, ...lowers];
}

/** Hands all branches to a user, as if he had mounted the overlay himself. */
function give(path: string, uid: number): void {
  // The tests change the user alone, and keep root's group.
  lchownSync(path, uid, 0);
  const facts = lstatSync(path);
  if (!facts.isDirectory()) return;
  chmodSync(path, 0o755);
  for (const name of readdirSync(path)) give(join(path, name), uid);
}

function expectRefused({ code, out, err }: MainResult, says: RegExp): void {
  expect({ code, out, lines: err.trimEnd().split('\n').length }).toMatchObject({ code: 8, out: '' });
  expect(err).toMatch(says);
  expect(err.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
}

describeKernel('privileges', ['root', 'overlay', 'tmpfs'], () => {
  let directory: TempDir;
  beforeEach(() => {
    directory = tempDir('privileges');
    command('mount', '-t', 'tmpfs', 'tmpfs', directory.path);
    chmodSync(directory.path, 0o755);
  });
  afterEach(() => directory.dispose());

  describe('an ordinary user with branches of his own and userxattr', () => {
    let place: OverlayPlace;
    beforeEach(() => {
      place = overlayWith(directory.path, { options: ['index=on', 'userxattr'] });
      for (const path of [place.upper, place.work, ...place.lowers]) give(path, NOBODY);
    });
    const run = (name: string) => runMainAs(NOBODY, name, ...words(place, 'userxattr'));

    test.each([
      ['list', undefined],
      ['check', undefined],
      // Three names and the entry.
      ['restore', 4],
      ['flush', 3],
    ])('may %s', async (name, links) => {
      expect(await run(name)).toMatchObject({ code: 0 });
      for (const path of ['B', 'd/C']) {
        expect(lstatSync(join(place.upper, path), { throwIfNoEntry: false })?.nlink).toBe(links);
      }
    });

    test.each(['restore', 'flush'])('is told before %s that a file is not his', async (name) => {
      chownSync(join(place.upper, 'A'), SOMEBODY, SOMEBODY);
      const before = everything(place);
      expectRefused(await run(name), /user 1000.*CAP_FOWNER/);
      expectSameTree(before, everything(place), afterReading);
    });

    test.each([
      [SOMEBODY, 0, /user 1000.*CAP_CHOWN/],
      [NOBODY, SOMEBODY, /group 1000.*CAP_CHOWN/],
    ])('is told that a directory of user %s and group %s would not be so', async (uid, gid, says) => {
      chownSync(join(place.lowers[0] ?? '', 'd'), uid, gid);
      const before = everything(place);
      expectRefused(await run('flush'), says);
      expectSameTree(before, everything(place), { ignore: ['atime'] });
    });

    test('is told that he may not write to a directory', async () => {
      chownSync(place.upper, SOMEBODY, SOMEBODY);
      const before = everything(place);
      expectRefused(await run('flush'), /may not write.*CAP_DAC_OVERRIDE/);
      expectSameTree(before, everything(place), afterReading);
    });
  });

  test.each(['list', 'check', 'restore', 'flush', 'prune', 'repair'])(
    '%s by an ordinary user of an overlay whose marks only root sees',
    async (name) => {
      const place = overlayWith(directory.path);
      for (const path of [place.upper, place.work, ...place.lowers]) give(path, NOBODY);
      const before = everything(place);
      expectRefused(await runMainAs(NOBODY, name, ...words(place)), /CAP_SYS_ADMIN/);
      expectSameTree(before, everything(place), afterReading);
    },
  );

  describe('root without one capability', () => {
    const without = (capability: string, place: OverlayPlace) =>
      spawnSync(
        'setpriv',
        [
          `--bounding-set=-${capability}`,
          `--inh-caps=-${capability}`,
          process.execPath,
          join(checkout, 'bin/plinkctl.js'),
          'flush',
          ...words(place),
        ],
        { encoding: 'utf8' },
      );

    test.each([
      ['sys_admin', /CAP_SYS_ADMIN/],
      ['fowner', /user 65534.*CAP_FOWNER/],
      ['chown', /user 65534.*CAP_CHOWN/],
      ['dac_override', /CAP_DAC_OVERRIDE/],
    ] as const)('%s: nothing is begun', (capability, says) => {
      const place = overlayWith(directory.path);
      for (const path of [place.upper, place.work, ...place.lowers]) give(path, NOBODY);
      const before = everything(place);
      const { status, stdout, stderr } = without(capability, place);
      expectRefused({ code: status ?? -1, out: stdout, err: stderr }, says);
      expectSameTree(before, everything(place), afterReading);
    });

    test.each(['dac_read_search', 'mknod', 'setfcap', 'linux_immutable', 'sys_resource'])(
      '%s: all is done without it',
      (capability) => {
        const place = overlayWith(directory.path);
        expect(without(capability, place)).toMatchObject({ status: 0 });
        expect(statSync(join(place.upper, 'd/C')).nlink).toBe(3);
      },
    );
  });
});

describeKernel('privileges where nobody tells of them', ['root', 'overlay', 'tmpfs'], () => {
  test('without /proc that is what is said', () => {
    const directory = tempDir('no-proc');
    try {
      const place = overlayWith(directory.path);
      const before = everything(place);
      const { status, stdout, stderr } = spawnSync(
        'unshare',
        [
          ...['--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /proc && exec "$@"', 'sh'],
          ...[process.execPath, join(checkout, 'bin/plinkctl.js'), 'flush', ...words(place)],
        ],
        { encoding: 'utf8' },
      );
      expectRefused({ code: status ?? -1, out: stdout, err: stderr }, /\/proc: this is not mounted/);
      expectSameTree(before, everything(place), afterReading);
    } finally {
      directory.dispose();
    }
  });
});

describeKernel('privileges in a user namespace', ['root', 'overlay', 'tmpfs', 'userns'], () => {
  test('the demo says that there is no index there', () => {
    const program = [process.execPath, join(checkout, 'bin/plinkctl.js'), 'demo'];
    const { status, stdout } = spawnSync('unshare', ['--user', '--map-root-user', '--mount', ...program], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringContaining('(Not a real mount, because the kernel keeps no index here.)'),
    });
  });

  // The kernel keeps no index there: it wants file handles, and those CAP_DAC_READ_SEARCH of the host.
  test('its root has an overlay with userxattr looked at, and nothing to flush', () => {
    const directory = tempDir('userns');
    try {
      const script = `
        set -e
        mount -t tmpfs tmpfs "$1"; cd "$1"; mkdir l l/d u w m
        echo old > l/A; ln l/A l/B; ln l/A l/d/C
        mount -t overlay overlay -o userxattr,index=on,lowerdir=l,upperdir=u,workdir=w m
        echo new >> m/A; umount m
        shift; "$@"; test ! -e w/index`;
      const line = ['flush', '--upper', 'u', '--lower', 'l', '--work', 'w', '-o', 'userxattr'];
      const program = [process.execPath, join(checkout, 'bin/plinkctl.js'), ...line];
      const run = spawnSync(
        'unshare',
        ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', directory.path, ...program],
        { encoding: 'utf8' },
      );
      expect({ status: run.status, err: run.stderr }).toEqual({ status: 0, err: '' });
      expect(run.stdout).toContain('Nothing to flush');
    } finally {
      directory.dispose();
    }
  });
});
