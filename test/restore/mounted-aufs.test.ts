import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AufsStandIn, SI } from '../support/aufs-stand-in.js';
import { pause } from '../support/pause.js';
import { runMain } from '../support/run-main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const ENOSPC = -28;
const EAGAIN = -11;
const EACCES = -13;
const EBUSY = -16;
const EIO = -5;
const ENAMETOOLONG = -36;

describe('a mounted aufs', () => {
  let directory: TempDir;
  let aufs: AufsStandIn;

  beforeEach(() => {
    directory = tempDir('mounted-aufs');
    aufs = new AufsStandIn(directory.path);
  });

  afterEach(() => directory.dispose());

  const run = (...argv: string[]) =>
    aufs.during(() => runMain(...argv, '--kernel-root', aufs.kernel as string, aufs.mount));
  const json = async (...argv: string[]) => JSON.parse((await run(...argv, '--json')).out);
  const branches = () => [aufs.mount, aufs.upper, aufs.lower].flatMap(snapshot);
  const plinks = (): string[] => readdirSync(join(aufs.upper, '.wh..wh.plnk'));
  const upperInode = (name: string): number => statSync(join(aufs.upper, name)).ino;
  const upperText = (name: string): string => readFileSync(join(aufs.upper, name), 'utf8');

  test('list shows entry and names, and touches nothing', async () => {
    const entry = aufs.group(['a', 'b', 'd/c'], ['a'], 'new\n');
    const before = branches();
    expect(await json('list')).toMatchObject({
      target: { mounted: true, format: 'aufs' },
      entries: [{ name: entry, state: 'restorable', names: ['a'], missing: ['b', 'd/c'] }],
      exitCode: 0,
    });
    expect(await json('check')).toMatchObject({ findings: [], exitCode: 0 });
    expect(await json('flush', '-n')).toMatchObject({ entries: [{ restored: ['b', 'd/c'], removed: true }] });
    expectSameTree(before, branches());
    expect(aufs.story.events).toEqual([]);
  });

  test('list by the branches knows that it is mounted', async () => {
    aufs.group(['a', 'b'], ['a'], 'new\n');
    const before = branches();
    const words = ['--upper', aufs.upper, '--lower', aufs.lower, '--format', 'aufs'];
    const { out } = await aufs.during(() =>
      runMain('list', '--json', '--kernel-root', aufs.kernel as string, ...words),
    );
    const { target, entries } = JSON.parse(out);
    expect([target.mounted, target.mountpoint]).toEqual([true, aufs.mount]);
    expect(entries).toMatchObject([{ state: 'restorable', missing: ['b'] }]);
    expect(branches()).toEqual(before);
  });

  test('flush lets the kernel link every name, forget, and removes the entry, all in one mode', async () => {
    const entry = aufs.group(['a', 'b', 'd/c'], ['a'], 'new\n');
    const mount = snapshot(aufs.mount);
    const done = await json('flush');
    expect(done).toMatchObject({
      entries: [{ restored: ['b', 'd/c'], removed: true }],
      summary: { linksRestored: 2, entriesRemoved: 1, entriesKept: 0 },
      exitCode: 0,
    });
    expect(aufs.story.events).toEqual([
      'open',
      `si=${SI}`,
      'touch b',
      'touch d/c',
      'sync',
      'clean',
      `unlink ${entry}`,
      'close',
    ]);
    expect(readFileSync(aufs.maintFile, 'latin1')).toBe(`si=${SI}clean`);
    expect(plinks()).toEqual([]);
    expect(new Set(['a', 'b', 'd/c'].map(upperInode)).size).toBe(1);
    expect(statSync(join(aufs.upper, 'a')).nlink).toBe(3);
    expectSameTree(mount, snapshot(aufs.mount));
    expect((await run('flush')).out).toContain('Nothing to flush');
  });

  test('restore links and leaves the entries, and the kernel its memory', async () => {
    const entry = aufs.group(['a', 'b'], [], 'new\n');
    expect(await json('restore')).toMatchObject({
      summary: { linksRestored: 2, entriesRemoved: 0 },
      exitCode: 0,
    });
    expect(aufs.story.events).toEqual(['open', `si=${SI}`, 'touch a', 'touch b', 'close']);
    expect(plinks()).toEqual([entry]);
    expect(upperText('b')).toBe('new\n');
  });

  test('an empty file is linked by its own times', async () => {
    aufs.group(['a', 'b'], ['a'], '');
    expect(await json('flush')).toMatchObject({ exitCode: 0 });
    expect(upperInode('b')).toBe(upperInode('a'));
  });

  describe('a leftover of an earlier mount', () => {
    test('whose number another file shows is neither touched nor removed', async () => {
      aufs.lowerFile(['bin/su'], 'setuid program\n');
      const leftover = aufs.entry(aufs.number('bin/su'), [], 'the only copy\n');
      const before = branches();
      expect(await json('flush')).toMatchObject({
        entries: [
          { name: leftover, state: 'ambiguous', removed: false, reason: expect.stringContaining('/bin/su') },
        ],
        exitCode: 4,
      });
      expect(await json('check')).toMatchObject({
        findings: [{ code: 'leftover-plink', severity: 'danger', path: leftover }],
        exitCode: 4,
      });
      expectSameTree(before, branches());
      expect(aufs.story.events).toEqual([]);
    });

    test('whose number another upper file of the same size and times shows', async () => {
      const live = aufs.group(['a', 'b'], ['a'], 'mine\n');
      const leftover = aufs.entry(aufs.number('a'), [], 'his.\n');
      expect(await json('flush')).toMatchObject({ summary: { entriesRemoved: 1 }, exitCode: 4 });
      expect(plinks()).toEqual([leftover]);
      expect(plinks()).not.toContain(live);
      expect(upperText('b')).toBe('mine\n');
    });

    test('that looks just like the lower file: the kernel does not link, so it stays', async () => {
      const entry = aufs.group(['a', 'b'], [], 'same\n', false);
      aufs.likeEntry(entry, 'a');
      expect(await json('flush')).toMatchObject({
        summary: { linksRestored: 0, entriesRemoved: 0 },
        exitCode: 4,
      });
      expect(plinks()).toEqual([entry]);
      expect(aufs.story.events).not.toContain('clean');
    });

    test('that differs from the lower file by its change time alone', async () => {
      aufs.emptyLowerFile('a');
      const leftover = aufs.entry(aufs.number('a'), [], '');
      // Longer than a tick of the file system's clock.
      pause(20);
      aufs.likeEntry(leftover, 'a');
      const before = branches();
      expect(await json('flush')).toMatchObject({ entries: [{ state: 'ambiguous' }], exitCode: 4 });
      expectSameTree(before, branches());
      expect(aufs.story.events).toEqual([]);
    });

    test('with one name by chance under its old number: its other names are not forgotten', async () => {
      const entry = aufs.group(['a'], ['a'], 'new\n', false);
      // A file without a pseudo-link shows the count of its inode, the leftover entry among them.
      linkSync(join(aufs.mount, 'a'), join(aufs.root, 'one-more'));
      expect(await json('flush')).toMatchObject({
        entries: [{ removed: false, reason: expect.stringContaining('leftover') }],
        exitCode: 4,
      });
      expect(plinks()).toEqual([entry]);
    });

    test('that no name shows', async () => {
      const entry = aufs.entry(4_000_000_000, [], 'the only copy\n');
      expect(await json('flush')).toMatchObject({ exitCode: 4 });
      expect(plinks()).toEqual([entry]);
    });
  });

  test('a name that moved before the mode was entered is found again', async () => {
    aufs.group(['a', 'b', 'c'], ['a'], 'new\n');
    aufs.onEnter = () => {
      for (const root of [aufs.mount, aufs.lower]) {
        mkdirSync(join(root, 'moved'));
        linkSync(join(root, 'b'), join(root, 'moved/b'));
        unlinkSync(join(root, 'b'));
      }
    };
    expect(await json('flush')).toMatchObject({
      summary: { linksRestored: 2, entriesRemoved: 1 },
      exitCode: 0,
    });
    expect(upperText('moved/b')).toBe('new\n');
    expect(existsSync(join(aufs.upper, 'b'))).toBe(false);
  });

  test('an entry that came up before the mode was entered is done too', async () => {
    aufs.group(['a', 'b'], ['a'], 'new\n');
    aufs.onEnter = () => {
      aufs.group(['x', 'y'], ['x'], 'newer\n');
    };
    expect(await json('flush')).toMatchObject({
      summary: { linksRestored: 2, entriesRemoved: 2 },
      exitCode: 0,
    });
    expect(upperText('y')).toBe('newer\n');
  });

  test('a full branch: nothing is forgotten or removed, and a rerun completes', async () => {
    const entries = [aufs.group(['a', 'b', 'c'], ['a'], 'new\n'), aufs.group(['x', 'y'], ['x'], 'newer\n')];
    aufs.onTouch = (path) => (path === 'c' ? ENOSPC : undefined);
    const { code, err } = await run('flush');
    expect({ code, err }).toEqual({ code: 8, err: expect.stringContaining('no space left') });
    expect(err).toContain('1 name was put back before that; nothing is lost');
    expect(plinks().sort()).toEqual(entries.sort());
    expect(aufs.story.events).not.toContain('clean');
    expect(aufs.story.events.at(-1)).toBe('close');
    aufs.onTouch = () => undefined;
    expect(await json('flush')).toMatchObject({ exitCode: 0 });
    expect(plinks()).toEqual([]);
  });

  test.each([
    ['linked', -31],
    ['read', EIO],
  ])('a name that cannot be %s keeps its entry and the memory of the kernel', async (_, errno) => {
    const stuck = aufs.group(['a', 'b'], ['a'], 'new\n');
    aufs.group(['x', 'y'], ['x'], 'newer\n');
    aufs.onTouch = (path) => (path === 'b' ? errno : undefined);
    expect(await json('flush')).toMatchObject({
      summary: { linksRestored: 1, entriesRemoved: 1, entriesKept: 1 },
      exitCode: 4,
    });
    expect(plinks()).toEqual([stuck]);
    expect(aufs.story.events).not.toContain('clean');
  });

  describe('a name that cannot be seen', () => {
    let hidden: string;

    beforeEach(() => {
      hidden = aufs.group(['a', 'dir/b'], ['a'], 'new\n');
      aufs.group(['x', 'y'], ['x'], 'newer\n');
    });

    const refuse = (call: string, path: string, errno: number) => {
      aufs.onCall = ({ name, path: about }) => (name === call && about === path ? errno : undefined);
    };

    const expectKept = async () => {
      expect(await json('flush')).toMatchObject({
        summary: { linksRestored: 1, entriesRemoved: 1, entriesKept: 1 },
        exitCode: 4,
      });
      expect(plinks()).toEqual([hidden]);
      expect(aufs.story.events).not.toContain('clean');
    };

    test('for its directory cannot be read: its entry is kept, others go', async () => {
      refuse('openat2', 'dir', EACCES);
      await expectKept();
    });

    test('for it is too long for aufs: its entry is kept, others go', async () => {
      refuse('statx', 'b', ENAMETOOLONG);
      await expectKept();
    });

    test('for its directory is not readable to its end', async () => {
      aufs.onCall = ({ name, fd }) =>
        name === 'getdents64' && readlinkSync(`/proc/self/fd/${fd}`) === join(aufs.mount, 'dir')
          ? EIO
          : undefined;
      await expectKept();
    });
  });

  test('--timeout: entries stay, the mode is left', async () => {
    const entry = aufs.group(['a', 'b', 'c'], [], 'new\n');
    let touched = 0;
    aufs.onTouch = () => {
      touched += 1;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
      return undefined;
    };
    expect(await json('flush', '--timeout', '0.5')).toMatchObject({ stopped: true, exitCode: 8 });
    expect(touched).toBe(1);
    expect(plinks()).toEqual([entry]);
    expect(aufs.story.events.slice(-1)).toEqual(['close']);
    expect(aufs.story.events).not.toContain('clean');
  });

  test('while another maintainer has the mount the answer is busy', async () => {
    aufs.group(['a', 'b'], ['a'], 'new\n');
    const { interpose } = await import('../../src/sys/seam.js');
    interpose(({ name, fd, path }, proceed) =>
      name === 'getdents64' && path === '' && isMount(fd) ? EAGAIN : proceed(),
    );
    try {
      const { code, err } = await runMain('list', '--kernel-root', aufs.kernel as string, aufs.mount);
      expect({ code, err }).toEqual({ code: 75, err: expect.stringContaining('maintenance mode') });
    } finally {
      interpose(undefined);
    }

    function isMount(fd: number): boolean {
      return statSync(`/proc/self/fd/${fd}`).ino === statSync(aufs.mount).ino;
    }
  });

  test('--wait waits for the kernel’s mode', async () => {
    aufs.group(['a', 'b'], ['a'], 'new\n');
    let refusals = 0;
    aufs.onCall = ({ name }) => {
      if (name !== 'write' || refusals > 2) return undefined;
      refusals += 1;
      return EBUSY;
    };
    const { code, err } = await run('flush');
    expect({ code, err }).toEqual({ code: 75, err: expect.stringContaining('maintenance mode') });
    expect(await run('flush', '--wait=20')).toMatchObject({
      code: 0,
      err: expect.stringContaining('waiting'),
    });
    expect(refusals).toBe(3);
    expect(plinks()).toEqual([]);
  });

  test('an aufs mounted read-only is refused before anything', async () => {
    const other = new AufsStandIn(join(directory.path, 'ro'), { superOptions: 'ro' });
    other.group(['a', 'b'], ['a'], 'new\n');
    const { code, err } = await other.during(() =>
      runMain('flush', '--kernel-root', other.kernel as string, other.mount),
    );
    expect({ code, err }).toEqual({ code: 8, err: expect.stringContaining('read-only') });
    expect(other.story.events).toEqual([]);
  });

  test('a branch that is out of sight is told', async () => {
    const bare = new AufsStandIn(join(directory.path, 'bare'), { plinkDirectory: false });
    const flush = () =>
      bare.during(() => runMain('flush', '--kernel-root', bare.kernel as string, bare.mount));
    expect(await flush()).toMatchObject({ code: 4, err: expect.stringContaining('out of reach') });
    const noplink = new AufsStandIn(join(directory.path, 'noplink'), {
      plinkDirectory: false,
      superOptions: 'rw,noplink',
    });
    const { code } = await noplink.during(() =>
      runMain('flush', '--kernel-root', noplink.kernel as string, noplink.mount),
    );
    expect(code).toBe(0);
    expect(await runMain('check', '--kernel-root', noplink.kernel as string, noplink.mount)).toMatchObject({
      code: 0,
    });
  });

  test('cut off at any call into the branches, it is finished by the next run', async () => {
    const effects = new Set(['pread', 'utimensat', 'write', 'syncfs', 'unlinkat', 'fsync']);
    for (let cut = 1, whole = false; !whole; cut += 1) {
      aufs = new AufsStandIn(join(directory.path, `cut-${cut}`));
      aufs.group(['a', 'd/b'], ['a'], 'new\n');
      aufs.group(['x', 'y'], [], '');
      const before = snapshot(aufs.mount);
      let calls = 0;
      aufs.onCall = ({ name }) => {
        if (effects.has(name)) calls += 1;
        if (calls === cut && effects.has(name)) throw new Error('cut off');
        return undefined;
      };
      whole = (await run('flush')).code === 0;
      aufs.onCall = () => undefined;
      expect((await run('flush')).code).toBe(0);
      expect(plinks()).toEqual([]);
      expect([upperInode('d/b'), upperInode('y')]).toEqual([upperInode('a'), upperInode('x')]);
      expect([upperText('d/b'), upperText('y')]).toEqual(['new\n', '']);
      expectSameTree(before, snapshot(aufs.mount), { ignore: ['ctime'] });
      if (whole) expect(cut).toBeGreaterThan(8);
    }
  });
});
