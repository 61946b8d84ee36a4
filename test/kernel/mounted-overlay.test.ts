import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Bytes } from '../../src/sys/bytes.js';
import { S_IFCHR, S_IFIFO, S_IFSOCK } from '../../src/sys/stat.js';
import { killBusyPrograms, repeat, run } from '../support/busy-program.js';
import { type FileSystems, mountFileSystems } from '../support/file-systems.js';
import { mapFile } from '../support/mapped-file.js';
import {
  expectMountedRestore,
  json,
  liveDifferences,
  whileMountedAsync,
} from '../support/mounted-restore.js';
import { describeKernel } from '../support/needs.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { Place } from '../support/place.js';
import { groupsOf, snapshot, type Tree } from '../support/tree.js';

const types = ['ext4', 'xfs', 'tmpfs'] as const;
const PAGE = 4096;
const MANY = 150;
const NULL_DEVICE = 0x103n;

/** The names of each group; the first is the one that the session copies up. */
const groups: Readonly<Record<string, readonly string[]>> = {
  tool: ['bin/tool', 'bin/tool-alias', 'deep/er/tool'],
  sleeper: ['bin/sleeper', 'bin/sleeper-alias', 'deep/sleeper'],
  log: ['log/a', 'log/b', 'deep/log'],
  held: ['held/a', 'held/b'],
  map: ['map/a', 'map/b', 'deep/map'],
  symlink: ['kinds/symlink', 'deep/symlink'],
  fifo: ['kinds/fifo', 'deep/fifo'],
  device: ['kinds/device', 'deep/device'],
  socket: ['kinds/socket', 'deep/socket'],
  ...Object.fromEntries(
    Array.from({ length: MANY }, (_, i) => [`many${i}`, [`many/${i}/a`, `many/${i}/b`, `some/${i}`]]),
  ),
};

function fill(root: string): void {
  const place = new Place(root);
  const make = (group: string, path: string): void => {
    const name = path as Bytes;
    if (group === 'tool' || group === 'sleeper') {
      copyFileSync(group === 'tool' ? '/bin/true' : '/bin/sleep', join(root, path));
      chmodSync(join(root, path), 0o4755);
      // cap_net_raw, effective and permitted.
      place.setXattr(name, 'security.capability', Buffer.from(`0100000200200000${'00'.repeat(12)}`, 'hex'));
    } else if (group === 'symlink') symlinkSync('nowhere', join(root, path));
    else if (group === 'fifo') place.mknod(name, S_IFIFO | 0o644);
    else if (group === 'device') place.mknod(name, S_IFCHR | 0o644, NULL_DEVICE);
    else if (group === 'socket') place.mknod(name, S_IFSOCK | 0o600);
    else if (group === 'log') writeFileSync(join(root, path), '');
    else writeFileSync(join(root, path), `${group}\n`.padEnd(PAGE, '.'), { mode: 0o640 });
  };
  for (const [group, [first = '', ...others]] of Object.entries(groups)) {
    for (const path of [first, ...others]) mkdirSync(dirname(join(root, path)), { recursive: true });
    make(group, first);
    for (const other of others) linkSync(join(root, first), join(root, other));
  }
}

function brokenOverlay(root: string): OverlayPlace {
  const place = overlayPlace(root);
  fill(place.lowers[0] as string);
  whileMounted(place, ['index=on'], (view) => {
    let turn = 1n;
    for (const [first = ''] of Object.values(groups)) {
      turn += 1n;
      view.setTimes(first as Bytes, 1_111_111_111_123_456_789n + turn, 1_222_222_222_987_654_321n + turn);
    }
  });
  return place;
}

/** What the busy programs themselves change. */
const live = /^(log\/|held\/|map\/|kinds\/fifo$|deep\/(log|map|fifo)$)/;
const executed = /^(bin\/|deep\/(er\/tool|sleeper)$)/;

function unlessBusy(lines: readonly string[]): string[] {
  return lines.filter((line) => {
    const fact = /^(.*): (atime|mtime|size|content): /.exec(line);
    if (fact === null) return true;
    return !live.test(fact[1] ?? '') && !(fact[2] === 'atime' && executed.test(fact[1] ?? ''));
  });
}

function expectWhole(upper: Tree): void {
  const together = [...groupsOf(upper).values()].map((names) => names.join(' ')).sort();
  for (const names of Object.values(groups)) expect(together).toContain([...names].sort().join(' '));
}

describeKernel('restore of a mounted overlay', ['root', 'loop', 'kmsg', 'overlay', ...types], () => {
  let fileSystems: FileSystems;
  beforeAll(() => {
    fileSystems = mountFileSystems(types);
  });
  afterEach(killBusyPrograms);
  afterAll(() => fileSystems?.dispose());

  test.each(types)('on %s with nobody there, then offline', async (type) => {
    const root = fileSystems.directory(type, 'quiet');
    const links = Object.values(groups).reduce((sum, names) => sum + names.length - 1, 0);
    const place = brokenOverlay(root);
    expect(await expectMountedRestore(place, ['index=on'])).toBe(links);
    expectWhole(snapshot(place.upper));
  });

  test.each(types)('on %s under busy programs, none of which fails or loses a byte', async (type) => {
    const root = fileSystems.directory(type, 'busy');
    const place = brokenOverlay(root);
    const at = (path: string): string => join(place.merged, path);
    await whileMountedAsync(place, ['index=on'], async () => {
      const before = snapshot(place.merged);
      const [held, reading] = [openSync(at('held/a'), 'r+'), openSync(at('held/b'), 'r')];
      const mapped = mapFile(at('map/a'), PAGE);
      const sleeper = run(at('bin/sleeper-alias'), ['600']);
      const reader = run('cat', [at('deep/fifo')]);
      const appender = repeat(`echo $n >> ${at('log/a')}`);
      const runner = repeat(at('bin/tool-alias'));
      const other = repeat(at('deep/er/tool'));
      writeSync(held, 'one ');
      mapped.fill(0x41, 8);
      await settle();

      const flushed = json('flush', place.merged);
      mapped.fill(0x42, 6);
      const done = await flushed;
      writeSync(held, 'two ');
      mapped.fill(0x43, 4);
      await settle();

      expect([sleeper.ended, reader.ended]).toEqual([undefined, undefined]);
      writeFileSync(at('kinds/fifo'), 'through the fifo\n');
      await settle();
      expect(await reader.stop()).toMatchObject({ out: 'through the fifo\n' });
      await sleeper.stop();
      const [written, ...ran] = [await appender.stop(), await runner.stop(), await other.stop()];
      for (const { code, err } of [written, ...ran]) expect({ code, err }).toEqual({ code: 0, err: '' });
      const lines = Array.from({ length: Number(written.out) }, (_, i) => `${i + 1}\n`).join('');
      for (const name of groups.log ?? []) expect(readFileSync(at(name), 'latin1') === lines).toBe(true);
      expect(readFileSync(at('held/b'), 'latin1').slice(0, 8)).toBe('one two ');
      expect(readFileSync(reading, 'latin1').slice(0, 8)).toBe('one two ');
      for (const name of groups.map ?? []) {
        expect(readFileSync(at(name), 'latin1').slice(0, 8)).toBe('CCCCBBAA');
      }
      mapped.unmap();
      closeSync(held);
      closeSync(reading);

      expect(done).toMatchObject({ exitCode: 0, summary: { linksMissing: 0, entriesRemoved: 0 } });
      expect(unlessBusy(liveDifferences(before, snapshot(place.merged)))).toEqual([]);
      expectWhole(snapshot(place.upper));
      for (const names of Object.values(groups)) {
        expect(lstatSync(at(names[0] ?? '')).nlink).toBe(names.length);
      }
    });
    await expectMountedRestore(place, ['index=on']);
  });

  test('an inode of metadata alone stays one, and keeps its times', async () => {
    const place = overlayPlace(fileSystems.directory('ext4', 'metacopy'));
    const lower = join(place.lowers[0] as string, 'a');
    writeFileSync(lower, 'x'.repeat(100_000));
    linkSync(lower, join(place.lowers[0] as string, 'b'));
    const options = ['index=on', 'metacopy=on', 'redirect_dir=on'];
    whileMounted(place, options, (view) => chmodSync(view.at('a' as Bytes), 0o600));
    await whileMountedAsync(place, options, async () => {
      const before = snapshot(place.merged);
      expect(await json('restore', place.merged)).toMatchObject({ summary: { linksRestored: 1 } });
      expect(liveDifferences(before, snapshot(place.merged))).toEqual([]);
      const { size, blocks } = statSync(join(place.upper, 'b'));
      expect(blocks * 512).toBeLessThan(size);
    });
  });

  test('an alias that was written to since is not touched again', async () => {
    const place = brokenOverlay(fileSystems.directory('ext4', 'again'));
    await whileMountedAsync(place, ['index=on'], async () => {
      appendFileSync(join(place.merged, 'many/0/b'), 'by a user\n');
      utimesSync(join(place.merged, 'some/0'), 1, 2);
      await json('restore', place.merged);
      const before = snapshot(place.upper);
      await json('restore', place.merged);
      expect(snapshot(place.upper)).toEqual(before);
    });
  });
});

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 150));
}
