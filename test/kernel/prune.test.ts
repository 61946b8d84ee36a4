import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ascii, type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { mount, umount } from '../../src/sys/mount.js';
import { interpose } from '../../src/sys/seam.js';
import { command } from '../support/command.js';
import { closeLeftOpen } from '../support/left-open.js';
import { append, commonLower, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { overlayOptions } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { indexNames, layersOf, viewOf } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import { runMain } from '../support/run-main.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const INDEX = ['index=on'];
const GROUP = ['A', 'B', 'd/C'] as const;

const words = ({ upper, lowers, work }: OverlayPlace): string[] => [
  '--upper',
  upper,
  ...lowers.flatMap((lower) => ['--lower', lower]),
  '--work',
  work,
];

async function run(command: string, place: OverlayPlace, ...options: string[]) {
  const { code, out, err } = await runMain(command, '--json', ...options, ...words(place));
  return { code, err, report: JSON.parse(out) };
}

/** All names removed through the union; the kernel's count is one too high, so that it keeps the entry. */
function leaked(root: string): OverlayPlace {
  const place = overlayWith(root, { session: (view) => append(view, 'A', 'X'.repeat(20_000)) });
  // Removed with index=off, the names are not counted.
  whileMounted(place, ['index=off'], (view) => unlinkSync(view.at(ascii('B'))));
  whileMounted(place, INDEX, (view) => {
    for (const name of ['A', 'd/C']) unlinkSync(view.at(name as Bytes));
  });
  expect(indexNames(place)).toHaveLength(1);
  return place;
}

/** As {@link leaked}, several of them. */
function orphans(root: string, count: number): OverlayPlace {
  const groups = Array.from({ length: count }, (_, i) => `group${i}`);
  const place = overlayWith(root, {
    lower(lower) {
      for (const name of groups) {
        writeFileSync(lower.at(ascii(name)), name);
        linkSync(lower.at(ascii(name)), lower.at(ascii(`${name}-too`)));
      }
    },
    session(view) {
      for (const name of groups) append(view, name);
    },
  });
  const remove = (suffix: string) => (view: Place) => {
    for (const name of groups) unlinkSync(view.at(ascii(`${name}${suffix}`)));
  };
  whileMounted(place, ['index=off'], remove('-too'));
  whileMounted(place, INDEX, remove(''));
  expect(indexNames(place)).toHaveLength(count);
  return place;
}

/** Written, unlinked where it was written, and then the lower file vanishes: the index has the last copy. */
function lastCopy(root: string): OverlayPlace {
  const place = overlayWith(root, {
    session(view) {
      append(view, 'A');
      unlinkSync(view.at(ascii('A')));
    },
  });
  for (const name of GROUP) rmSync(join(place.lowers[0] as string, name));
  return place;
}

describeIncidents('prune', ['ext4', 'xfs', 'btrfs', 'tmpfs'], (directory) => {
  test.each(['ext4', 'xfs', 'btrfs', 'tmpfs'] as const)('frees what the kernel leaks on %s', async (type) => {
    const place = leaked(directory(type));
    const before = viewOf(place, INDEX);
    expect(indexNames(place)).toHaveLength(1);
    const { code, report } = await run('prune', place);
    expect([code, report.summary.entriesRemoved]).toEqual([0, 1]);
    expect(Number(report.summary.bytesFreed)).toBeGreaterThanOrEqual(20_000);
    expect(indexNames(place)).toEqual([]);
    const after = viewOf(place, INDEX);
    expect(after.log).toEqual([]);
    expectSameView(before.tree, after.tree);
  });

  test('a last copy stays, is told, and goes only into a rescue directory, after a day by default', async () => {
    const root = directory();
    const place = lastCopy(root);
    const before = layersOf(place).own;
    const [young, unsaved] = [await run('prune', place), await run('prune', place, '--min-age', '0')];
    expect([young.code, young.report.summary.entriesRemoved]).toEqual([0, 0]);
    expect(young.report.entries[0].reason).toContain('must rest');
    expect([unsaved.code, unsaved.report.entries[0].reason]).toEqual([
      4,
      expect.stringContaining('--rescue'),
    ]);
    expectSameTree(before, layersOf(place).own);

    const [entry = ''] = indexNames(place);
    const rescue = join(root, 'rescue');
    const saved = await run('prune', place, '--min-age', '0', '--rescue', rescue);
    expect([saved.code, saved.report.summary.entriesRemoved]).toEqual([0, 1]);
    expect(readFileSync(join(rescue, entry), 'utf8')).toBe('lowerdata\nX\n');
    expect(viewOf(place, INDEX).log).toEqual([]);
  });

  test('--without-rescue lets a last copy go', async () => {
    const place = lastCopy(directory());
    const { code, report } = await run('prune', place, '--min-age', '0', '--without-rescue');
    expect([code, report.summary.entriesRemoved, indexNames(place)]).toEqual([0, 1, []]);
  });

  test('a record of names that nothing removed speaks against it, also with a rescue directory', async () => {
    const root = directory();
    const state = join(root, 'state');
    const place = overlayWith(root, {
      session(view) {
        append(view, 'A');
        unlinkSync(view.at(ascii('A')));
      },
    });
    await run('record', place, '--state-dir', state);
    for (const name of GROUP) rmSync(join(place.lowers[0] as string, name));
    await run('record', place, '--state-dir', state);
    const options = ['--state-dir', state, '--min-age', '0', '--rescue', join(root, 'rescue')];
    const kept = await run('prune', place, ...options);
    expect([kept.code, kept.report.summary.entriesRemoved]).toEqual([4, 0]);
    expect(kept.report.entries[0].reason).toContain('the record has /B as a name');
    await run('record', place, '--state-dir', state, '--anew');
    expect((await run('prune', place, ...options)).report.summary.entriesRemoved).toBe(1);
  });

  test('a mounted overlay is recorded without a change', async () => {
    const root = directory();
    const state = join(root, 'state');
    const place = overlayWith(root);
    const options = bytesFromText(overlayOptions({ ...place, options: INDEX }));
    mount(ascii('overlay'), bytesFromText(place.merged), ascii('overlay'), 0, options);
    try {
      const before = layersOf(place);
      const { code, out } = await runMain('record', '--json', '--state-dir', state, place.merged);
      expect([code, JSON.parse(out).entries[0].names]).toEqual([0, ['A', 'B', 'd/C']]);
      const after = layersOf(place);
      expectSameTree([...before.own, ...before.lowers], [...after.own, ...after.lowers]);
    } finally {
      umount(bytesFromText(place.merged));
    }
  });

  test('a layer that was never part of the union hides names, and the record knows', async () => {
    const root = directory();
    const state = join(root, 'state');
    const [top, bottom, stranger] = ['top', 'bottom', 'stranger'].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ];
    const place = overlayPlace(root, [top, bottom]);
    mkdirSync(stranger);
    for (const lower of [bottom, stranger]) commonLower(new Place(lower));
    whileMounted(place, INDEX, (view) => {
      append(view, 'A');
      unlinkSync(view.at(ascii('A')));
    });
    await run('record', place, '--state-dir', state);
    const wrong = { ...place, lowers: [top, stranger, bottom] };
    const { code, report } = await run('prune', wrong, '--state-dir', state, '--min-age', '0');
    expect([code, report.summary.entriesRemoved]).toEqual([4, 0]);
    expect(report.entries.at(-1).reason).toContain('recorded with other branches');
    whileMounted(place, INDEX, (view) => {
      expect(readFileSync(view.at(ascii('B')), 'utf8')).toBe('lowerdata\nX\n');
    });
  });

  test('an entry that a process has open stays', async () => {
    const place = leaked(directory());
    const fd = openSync(join(place.work, 'index', indexNames(place)[0] as string), 'r');
    try {
      const { code, report } = await run('prune', place);
      expect([code, report.entries[0].reason]).toEqual([0, 'a process has it open']);
      expect(indexNames(place)).toHaveLength(1);
    } finally {
      closeSync(fd);
    }
    expect((await run('prune', place)).report.summary.entriesRemoved).toBe(1);
  });

  test('a younger entry stays until it is old enough', async () => {
    const place = leaked(directory());
    const { code, report } = await run('prune', place, '--min-age', '1h');
    expect([code, report.summary.entriesRemoved]).toEqual([0, 0]);
    expect(report.entries[0].reason).toMatch(/changed \d+ seconds ago, and must rest for 60 minutes/);
  });

  test('another lower is no proof of anything', async () => {
    const root = directory();
    const place = leaked(root);
    const copy = join(root, 'other');
    mkdirSync(copy);
    const { code, report } = await run('prune', { ...place, lowers: [copy] }, '--min-age', '0');
    expect([code, report.error.code]).toEqual([8, 'lower-mismatch']);
    expect(indexNames(place)).toHaveLength(1);
  });

  test('a lower that was left out, on the same file system, is missed', async () => {
    const root = directory();
    const bottom = join(root, 'bottom');
    const top = join(root, 'top');
    const place = overlayPlace(root, [top, bottom]);
    commonLower(new Place(bottom));
    whileMounted(place, INDEX, (view) => {
      append(view, 'A');
      unlinkSync(view.at(ascii('A')));
    });
    const { code, report } = await run(
      'prune',
      { ...place, lowers: [top] },
      '--min-age',
      '0',
      '--without-rescue',
    );
    expect([code, report.summary.entriesRemoved]).toEqual([4, 0]);
    whileMounted(place, INDEX, (view) => {
      expect(readFileSync(view.at(ascii('B')), 'utf8')).toBe('lowerdata\nX\n');
    });
  });

  test('names of the lower file outside of the lowers make it a matter for a rescue', async () => {
    const root = directory();
    const place = overlayWith(root, {
      lower(lower) {
        commonLower(lower);
        linkSync(lower.at(ascii('A')), join(root, 'outside'));
      },
    });
    whileMounted(place, INDEX, (view) => {
      for (const name of GROUP) unlinkSync(view.at(name as Bytes));
    });
    expect(indexNames(place)).toHaveLength(1);
    const kept = await run('prune', place, '--min-age', '0');
    expect([kept.code, kept.report.entries.at(-1).reason]).toEqual([4, expect.stringContaining('outside')]);
    const saved = await run('prune', place, '--min-age', '0', '--rescue', join(root, 'rescue'));
    expect([saved.code, saved.report.summary.entriesRemoved]).toEqual([0, 1]);
  });

  test('a union that is mounted is left to the kernel', async () => {
    const place = leaked(directory());
    mount(
      ascii('overlay'),
      bytesFromText(place.merged),
      ascii('overlay'),
      0,
      bytesFromText(overlayOptions({ ...place, options: INDEX })),
    );
    try {
      for (const words of [['-q'], ['-n', '-q']])
        expect(await runMain('prune', ...words, place.merged)).toEqual({
          ...{ code: 75, out: '' },
          err: expect.stringContaining(`${place.merged}: the union is mounted`),
        });
      expect((await run('prune', place)).code).toBe(75);
    } finally {
      umount(bytesFromText(place.merged));
    }
    expect(indexNames(place)).toHaveLength(1);
  });

  test('a mount that starts after the scan stops it', async () => {
    const place = leaked(directory());
    let mounted = false;
    // The lease is asked for between the scan and the removal.
    interpose((call, proceed) => {
      if (call.name === 'fcntl' && !mounted) {
        mounted = true;
        interpose(undefined);
        mount(
          ascii('overlay'),
          bytesFromText(place.merged),
          ascii('overlay'),
          0,
          bytesFromText(overlayOptions({ ...place, options: INDEX })),
        );
      }
      return proceed();
    });
    try {
      const { code, report } = await run('prune', place);
      expect([code, report.error.code]).toEqual([75, 'in-use']);
    } finally {
      interpose(undefined);
      umount(bytesFromText(place.merged));
    }
    expect(mounted).toBe(true);
    expect(indexNames(place)).toHaveLength(1);
  });

  test('an immutable entry is told of, and the others go', async () => {
    const place = leaked(directory());
    const file = join(place.work, 'index', indexNames(place)[0] as string);
    command('chattr', '+i', file);
    try {
      const { code, report } = await run('prune', place);
      expect([code, report.entries.at(-1).reason]).toEqual([4, expect.stringContaining('immutable')]);
    } finally {
      command('chattr', '-i', file);
    }
    expect((await run('prune', place)).report.summary.entriesRemoved).toBe(1);
  });

  test('nfs_export keeps everything', async () => {
    const place = leaked(directory());
    const options = `lowerdir=${place.lowers[0]},upperdir=${place.upper},workdir=${place.work},nfs_export=on`;
    const { code, out } = await runMain('prune', '--json', '-o', options);
    const report = JSON.parse(out);
    expect([code, report.summary.entriesRemoved]).toEqual([0, 0]);
    expect(report.entries[0].reason).toContain('nfs_export');
  });

  test('a rescue whose note finds no room moves nothing, and tells which directory is full', async () => {
    const root = directory();
    const place = leaked(root);
    const rescue = join(root, 'rescue');
    const [before, names] = [layersOf(place), indexNames(place)];
    interpose(({ name }, proceed) => (name === 'pwrite' ? -28 : proceed()));
    const { code, report } = await run('prune', place, '--rescue', rescue).finally(() =>
      interpose(undefined),
    );
    expect([code, report.error]).toEqual([8, expect.objectContaining({ code: 'rescue', path: rescue })]);
    expect([readdirSync(rescue), indexNames(place)]).toEqual([[], names]);
    expectSameTree(before.own, layersOf(place).own);

    expect((await run('prune', place, '--rescue', rescue)).code).toBe(0);
    expect([readdirSync(rescue).length, indexNames(place)]).toEqual([2, []]);
  });

  test('the note of a file that was taken out of the rescue directory stays', async () => {
    const root = directory();
    const place = leaked(root);
    const [entry = ''] = indexNames(place);
    const rescue = join(root, 'rescue');
    mkdirSync(rescue, { mode: 0o700 });
    writeFileSync(join(rescue, `${entry}.json`), 'of another one\n');
    expect((await run('prune', place, '--rescue', rescue)).code).toBe(0);
    expect(readdirSync(rescue).sort()).toEqual([`${entry}.1`, `${entry}.1.json`, `${entry}.json`]);
    expect(readFileSync(join(rescue, `${entry}.json`), 'utf8')).toBe('of another one\n');
  });

  test.each([
    ['unlinkat', 0, undefined, /^free some space or inodes/],
    ['unlinkat', 1, undefined, /^1 entry was removed before that; free some space or inodes/],
    ['unlinkat', 2, undefined, /^2 entries were removed before that; free some space or inodes/],
    ['openat_create', 1, 'rescue', /^1 entry was removed before that; free some space there/],
  ] as const)('%s without room, after %i: what was done is told and is so', async (call, after, to, hint) => {
    const place = orphans(directory(), 3);
    const view = viewOf(place, INDEX);
    const rescue = to === undefined ? [] : ['--rescue', join(place.upper, '..', to)];
    let calls = 0;
    interpose(({ name, path }, proceed) => {
      const ours = name === call && (name !== 'unlinkat' || path.startsWith('00fb'));
      return ours && calls++ >= after ? -28 : proceed();
    });
    const { code, report } = await run('prune', place, ...rescue).finally(() => interpose(undefined));
    expect([code, report.error.hint]).toEqual([8, expect.stringMatching(hint)]);
    expect(indexNames(place)).toHaveLength(3 - after);
    expect((await run('prune', place, ...rescue)).report.summary.entriesRemoved).toBe(3 - after);
    expectSameView(view.tree, viewOf(place, INDEX).tree);
  });

  test.each(['ext4', 'xfs', 'btrfs'] as const)(
    'a sparse file is copied from %s as it is, and its holes are not read',
    async (type) => {
      const place = leaked(directory(type));
      const rescue = join(directory('tmpfs'), 'rescue');
      const [name = ''] = indexNames(place);
      const file = join(place.work, 'index', name);
      const size = 2 ** 27 + 1;
      truncateSync(file, size);
      const fd = openSync(file, 'r+');
      writeSync(fd, 'middle', 2 ** 26 + 7);
      writeSync(fd, 'end', size - 3);
      closeSync(fd);
      const before = snapshot(join(place.work, 'index')).find(({ path }) => path === name);
      let reads = 0;
      interpose((call, proceed) => {
        if (call.name === 'pread') reads += 1;
        return proceed();
      });
      const { code } = await run('prune', place, '--rescue', rescue).finally(() => interpose(undefined));
      expect({ code, few: reads < 60 }).toEqual({ code: 0, few: true });
      const after = snapshot(rescue).find(({ path }) => path === name);
      expect(after).toMatchObject({ size: before?.size, content: before?.content, mtime: before?.mtime });
      expect(statSync(join(rescue, name)).blocks * 512).toBeLessThan(1_000_000);
      expect(indexNames(place)).toEqual([]);
    },
  );

  test('a copy that is not what its file is keeps the file', async () => {
    const place = leaked(directory());
    const rescue = join(directory('tmpfs'), 'rescue');
    const before = snapshot(join(place.work, 'index'));
    let copies = false;
    interpose(({ name }, proceed) => {
      copies ||= name === 'ftruncate';
      // Says that it wrote, and did not.
      return copies && name === 'pwrite' ? 1 << 20 : proceed();
    });
    const { code, report } = await run('prune', place, '--rescue', rescue).finally(() =>
      interpose(undefined),
    );
    expect([code, report.entries.at(-1).reason]).toEqual([4, expect.stringMatching(/^it cannot be read/)]);
    expect(readdirSync(rescue)).toEqual([]);
    expectSameTree(before, snapshot(join(place.work, 'index')));
  });

  test('a rescue directory that cannot be made leaves nothing open', async () => {
    const place = leaked(directory());
    const { code, report } = await run('prune', place, '--rescue', '/proc/plinkctl-rescue');
    expect([code, report.error.path]).toEqual([8, '/proc/plinkctl-rescue']);
    expect(closeLeftOpen(place.upper)).toEqual([]);
    expect(indexNames(place)).toHaveLength(1);
  });

  test('a rescue directory inside of a branch is refused', async () => {
    const place = leaked(directory());
    const inside = join(place.upper, 'rescue');
    const { code, report } = await run('prune', place, '--rescue', inside);
    expect([code, report.error.code]).toEqual([16, 'rescue-in-branch']);
    expect(existsSync(inside)).toBe(false);
    expect(indexNames(place)).toHaveLength(1);
  });

  test('metadata-only data is not rescued as zeros', async () => {
    const root = directory();
    const options = ['index=on', 'metacopy=on', 'redirect_dir=on'];
    const place = overlayWith(root, {
      options,
      session: (view) => chmodSync(view.at(ascii('A')), 0o640),
    });
    whileMounted(place, ['index=off', 'metacopy=on'], (view) => unlinkSync(view.at(ascii('B'))));
    whileMounted(place, options, (view) => {
      for (const name of ['A', 'd/C']) unlinkSync(view.at(name as Bytes));
    });
    const { code, report } = await run('prune', place, '--rescue', join(root, 'rescue'));
    expect([code, report.summary.entriesRemoved]).toEqual([4, 0]);
    expect(report.entries.find(({ state }: { state: string }) => state === 'orphan').reason).toContain(
      'never copied',
    );
    expect((await run('prune', place)).report.summary.entriesRemoved).toBe(1);
  });

  test('several at once remove each entry once, and every rescued byte is there', async () => {
    const root = directory();
    const names = Array.from({ length: 40 }, (_, i) => `f${i}`);
    const place = overlayWith(root, {
      lower(lower) {
        for (const name of names) {
          writeFileSync(lower.at(name as Bytes), 'old');
          mkdirSync(lower.at(`${name}.d` as Bytes));
        }
      },
      session() {},
    });
    for (const name of names) {
      const lower = place.lowers[0] as string;
      const linked = spawn('ln', [join(lower, name), join(lower, `${name}.d`, 'alias')]);
      await new Promise((done) => linked.on('exit', done));
    }
    whileMounted(place, INDEX, (view) => {
      for (const name of names) appendFileSync(view.at(name as Bytes), ` ${name}`);
    });
    whileMounted(place, ['index=off'], (view) => {
      for (const name of names) unlinkSync(view.at(`${name}.d/alias` as Bytes));
    });
    whileMounted(place, INDEX, (view) => {
      for (const name of names) unlinkSync(view.at(name as Bytes));
    });
    expect(indexNames(place)).toHaveLength(40);
    const rescue = join(root, 'rescue');
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => run('prune', place, '--wait=60', '--rescue', rescue)),
    );
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(runs.reduce((sum, { report }) => sum + report.summary.entriesRemoved, 0)).toBe(40);
    expect(indexNames(place)).toEqual([]);
    const rescued = readdirSync(rescue).filter((name) => !name.endsWith('.json'));
    expect(rescued.map((name) => readFileSync(join(rescue, name), 'utf8')).sort()).toEqual(
      names.map((name) => `old ${name}`).sort(),
    );
  });
});
