import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { isOwnTemporary, RUNNING_XATTR, TIMES_XATTR } from '../../src/scan/own-marks.js';
import { ascii, type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { mount, umount } from '../../src/sys/mount.js';
import { openDirectory, withFd } from '../../src/sys/open.js';
import { interpose } from '../../src/sys/seam.js';
import { systemCalls } from '../../src/sys/system-call.js';
import { getXattr, removeXattr, setXattr } from '../../src/sys/xattr.js';
import { command } from '../support/command.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { overlayOptions } from '../support/overlay-mount.js';
import { type OverlayPlace, whileMounted } from '../support/overlay-place.js';
import { indexNames, layersOf, viewOf } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import { keepingEveryByte, overlayWords, readLinks, runRepair, troubles } from '../support/repair-run.js';
import { runMain } from '../support/run-main.js';
import { byPath, snapshot } from '../support/tree.js';
import { acrossMounts, differences, expectSameTree } from '../support/tree-diff.js';

const INDEX = ['index=on'];
const EIO = 5;
const ENOSPC = 28;
const copy = (from: string, to: string): void => void command('cp', '-a', from, to);
const read = (view: Place, path: string): string => readFileSync(view.at(path as Bytes), 'latin1');

function shown(place: OverlayPlace, ...names: readonly string[]): string[] {
  return whileMounted(place, INDEX, (view) => names.map((name) => read(view, name)));
}

function onEntry(place: OverlayPlace, act: (index: number, entry: Bytes) => void): void {
  const [entry] = indexNames(place);
  withFd(openDirectory(bytesFromText(join(place.work, 'index'))), (fd) => act(fd, entry as Bytes));
}

/** Where each rescued file came from, by its content. */
function rescued(rescue: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const note of readdirSync(rescue).filter((name) => name.endsWith('.json'))) {
    const { from, files } = JSON.parse(readFileSync(join(rescue, note), 'utf8')) as {
      from: string;
      files: { path: string; kind: string }[];
    };
    const directory = join(rescue, note.slice(0, -'.json'.length));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const { path, kind } of files) {
      if (kind === 'file') found[readFileSync(join(directory, path), 'latin1')] = from;
    }
  }
  return found;
}

/** Written files of which each has another name, which no layer shows. */
function halfOutside(root: string, names: readonly string[]): OverlayPlace {
  return overlayWith(root, {
    lower(lower) {
      for (const name of names) {
        writeFileSync(lower.at(name as Bytes), 'lowerdata\n');
        linkSync(lower.at(name as Bytes), join(root, `outside-${name}`));
      }
    },
    session(view) {
      for (const name of names) append(view, name);
    },
  });
}

function removeWritten(view: Place): void {
  append(view, 'A', 'one\n');
  unlinkSync(view.at(ascii('A')));
}

describeIncidents('repairs of what a mount would trip on', ['ext4', 'tmpfs'], (directory) => {
  afterEach(() => interpose(undefined));

  test('upper-and-work-copied-together: the index is told of its new upper', async () => {
    const root = directory();
    const place = overlayWith(root);
    renameSync(place.upper, join(root, 'old-upper'));
    renameSync(place.work, join(root, 'old-work'));
    mkdirSync(join(root, 'both'));
    for (const name of ['upper', 'work']) renameSync(join(root, `old-${name}`), join(root, 'both', name));
    copy(join(root, 'both'), join(root, 'copy'));
    for (const name of ['upper', 'work']) renameSync(join(root, 'copy', name), join(root, name));
    expect(() => viewOf(place, INDEX)).toThrow(/ESTALE|stale/);
    const done = await keepingEveryByte(place, '', () =>
      runRepair(['repair', '-y', ...overlayWords(place, INDEX)]),
    );
    expect(done.repairs).toMatchObject([{ code: 'upper-moved', done: true }]);
    expect(done.exitCode).toBe(0);
    expect(shown(place, 'A', 'B', 'd/C')).toEqual(['lowerdata\nX\n', 'lowerdata\nX\n', 'lowerdata\nX\n']);
  });

  test('upper-copied-without-its-links: is left to a person', async () => {
    const root = directory();
    const place = overlayWith(root);
    renameSync(place.upper, join(root, 'moved'));
    copy(join(root, 'moved'), place.upper);
    const before = layersOf(place);
    const done = await runRepair(['repair', '-y', ...overlayWords(place, INDEX)]);
    expect(troubles(done)).toContain('upper-moved');
    expect(done.exitCode).toBe(4);
    expectSameTree(before.own, layersOf(place).own);
  });

  test.each([
    ['written', (view: Place) => append(view, 'A', 'one\n')],
    ['written and removed under that name', removeWritten],
  ] as const)('work-of-another-union: a file %s there comes to no name of this one', async (_, session) => {
    const root = directory();
    const one = overlayWith(root, { session });
    const two = { ...one, upper: join(root, 'upper2'), work: join(root, 'work2') };
    for (const made of [two.upper, two.work]) mkdirSync(made);
    whileMounted(two, INDEX, (view) => append(view, 'solo', 'two\n'));
    const mixed = { ...two, work: one.work };
    const before = [layersOf(one), layersOf(two)];
    const done = await runRepair(['repair', '-y', ...overlayWords(mixed, INDEX)]);
    expect(troubles(done)).toContain('upper-moved');
    expect(done.repairs).toEqual([expect.objectContaining({ code: 'upper-moved', done: false })]);
    expect(done.exitCode).toBe(4);
    for (const [i, place] of [one, two].entries()) {
      expectSameTree(before[i]?.own ?? [], layersOf(place).own);
    }
    expect(shown(one, 'B', 'd/C')).toEqual(['lowerdata\none\n', 'lowerdata\none\n']);
  });

  describe.each(['ext4', 'tmpfs'] as const)('with a rescue directory on %s', (type) => {
    test('deep-leftover-in-work: its data is kept, and the mount has its index again', async () => {
      const place = overlayWith(directory());
      const rescue = join(directory(type), 'rescue');
      mkdirSync(join(place.work, 'work/#77/sub'), { recursive: true });
      writeFileSync(join(place.work, 'work/#77/sub/f'), 'left over');
      const words = overlayWords(place, INDEX);
      expect(troubles(await runRepair(['repair', '-y', ...words]))).toEqual(['deep-work-leftover']);
      const done = await keepingEveryByte(place, rescue, () =>
        runRepair(['repair', '-y', '--rescue', rescue, ...words]),
      );
      expect(done.exitCode).toBe(0);
      expect(rescued(rescue)).toEqual({ 'left over': join(place.work, 'work/#77') });
      expect(shown(place, 'B')).toEqual(['lowerdata\nX\n']);
    });

    test('origin-names-another-file: a map that leaves a known name out lets the entry stay', async () => {
      const root = directory(type);
      const place = overlayWith(root);
      onEntry(place, (fd, entry) => {
        const origin = getXattr(fd, entry, 'trusted.overlay.origin') as Buffer;
        origin[origin.length - 1] = (origin[origin.length - 1] as number) ^ 1;
        setXattr(fd, entry, 'trusted.overlay.origin', origin);
      });
      const map = join(root, 'map');
      const [entry] = indexNames(place);
      const repair = (names: string) => {
        writeFileSync(map, `${entry} ${names}\n`);
        return runRepair(['repair', '-y', '--map', map, ...overlayWords(place, INDEX)]);
      };
      const some = await repair('B');
      expect(some.repairs.find(({ code }) => code === 'mapped')?.reason).toContain('shows as /d/C too');
      expect(indexNames(place)).toEqual([entry]);
      await repair('B d/C');
      expect(indexNames(place)).toEqual([]);
      expect(shown(place, 'A', 'B', 'd/C')).toEqual(Array(3).fill('lowerdata\nX\n'));
    });

    test('origin-names-another-file: the kernel would delete it, the rescue keeps it', async () => {
      const place = overlayWith(directory());
      const rescue = join(directory(type), 'rescue');
      unlinkSync(join(place.upper, 'A'));
      onEntry(place, (fd, entry) => {
        const origin = getXattr(fd, entry, 'trusted.overlay.origin') as Buffer;
        origin[origin.length - 1] = (origin[origin.length - 1] as number) ^ 1;
        setXattr(fd, entry, 'trusted.overlay.origin', origin);
      });
      const words = overlayWords(place, INDEX);
      const checked = await runRepair(['check', ...words]);
      expect(checked.findings).toMatchObject([{ code: 'origin-mismatch', severity: 'danger', safe: false }]);
      const done = await keepingEveryByte(place, rescue, () =>
        runRepair(['repair', '-y', '--rescue', rescue, ...words]),
      );
      expect(done.exitCode).toBe(0);
      expect(Object.keys(rescued(rescue))).toEqual(['lowerdata\nX\n']);
      expect(indexNames(place)).toEqual([]);
    });
  });

  test.each<[what: string, change: (file: string) => void, goes: boolean]>([
    ['nothing', () => undefined, true],
    ['another mode', (file) => chmodSync(file, 0o600), false],
    ['another owner', (file) => chownSync(file, 7, 7), false],
    ['another time', (file) => utimesSync(file, 1, 1), false],
    ['a capability', (file) => command('setcap', 'cap_net_raw+ep', file), false],
  ])('entry-without-marks: one that has %s of its own', async (_, change, goes) => {
    const place = overlayWith(directory(), { session: removeWritten });
    const [entry = ''] = indexNames(place);
    const file = join(place.work, 'index', entry);
    unlinkSync(file);
    command('cp', '-p', join(place.lowers[0] as string, 'B'), file);
    change(file);
    expect(() => viewOf(place, INDEX)).toThrow();
    const done = await runRepair(['repair', '-y', ...overlayWords(place, INDEX)]);
    expect([done.exitCode, existsSync(file)]).toEqual(goes ? [0, false] : [4, true]);
  });

  test('deep-leftover-without-data: goes unasked', async () => {
    const place = overlayWith(directory());
    mkdirSync(join(place.work, 'work/#77/sub/deeper'), { recursive: true });
    writeFileSync(join(place.work, 'work/#77/sub/f'), '');
    const done = await runRepair(['repair', '-y', ...overlayWords(place, INDEX)]);
    expect(done.exitCode).toBe(0);
    expect(existsSync(join(place.work, 'work/#77'))).toBe(false);
  });

  test('whiteout-entry-of-a-shown-file: EIO before, readable after', async () => {
    const place = overlayWith(directory(), {
      options: ['index=on', 'nfs_export=on'],
      session(view) {
        for (const name of ['A', 'B', 'd/C']) unlinkSync(view.at(name as Bytes));
      },
    });
    for (const name of ['A', 'B', 'd/C']) unlinkSync(join(place.upper, name));
    expect(() => shown(place, 'B')).toThrow(/EIO/);
    const words = overlayWords(place, INDEX);
    const checked = await runRepair(['check', ...words]);
    expect(troubles(checked)).toEqual(['whiteout-conflict']);
    const exported = checked.findings.some(({ code, safe }) => code === 'whiteout-conflict' && !safe);
    const done = await runRepair(['repair', ...(exported ? [] : ['-y']), ...words], () => 'y');
    expect(done.exitCode).toBe(0);
    expect(shown(place, 'A', 'B', 'd/C')).toEqual(['lowerdata\n', 'lowerdata\n', 'lowerdata\n']);
  });

  test('uncovered-origin: both contents are shown again', async () => {
    const place = overlayWith(directory(), {
      session(view) {
        append(view, 'solo');
        renameSync(view.at(ascii('solo')), view.at(ascii('moved')));
      },
    });
    unlinkSync(join(place.upper, 'solo'));
    const words = overlayWords(place, INDEX);
    const checked = await runRepair(['check', ...words]);
    expect(checked.findings).toMatchObject([{ code: 'uncovered-origin', path: 'moved', safe: true }]);
    expect((await runRepair(['repair', '-y', ...words])).exitCode).toBe(0);
    expect(shown(place, 'solo', 'moved')).toEqual(['solo\n', 'solo\nX\n']);
    expect(shown(place, 'moved', 'solo')).toEqual(['solo\nX\n', 'solo\n']);
  });

  test('wrong-nlink: the entry that would have stayed for ever goes with its last name', async () => {
    const root = directory();
    const place = overlayWith(root, {
      lower(lower) {
        writeFileSync(lower.at(ascii('A')), 'lowerdata\n');
        linkSync(lower.at(ascii('A')), lower.at(ascii('B')));
        linkSync(lower.at(ascii('A')), join(root, 'outside'));
      },
    });
    const words = overlayWords(place, INDEX);
    const checked = await runRepair(['check', ...words]);
    expect(checked.findings).toMatchObject([
      { code: 'wrong-nlink', severity: 'note', safe: true },
      { code: 'names-elsewhere', severity: 'note' },
    ]);
    expect(checked.exitCode).toBe(0);
    await runRepair(['repair', '-y', ...words]);
    whileMounted(place, INDEX, (view) => {
      expect(statSync(view.at(ascii('B'))).nlink).toBe(2);
      for (const name of ['A', 'B']) unlinkSync(view.at(name as Bytes));
    });
    expect(indexNames(place)).toEqual([]);
  });

  test('wrong-nlink: many counts are set right and made durable by one sync', async () => {
    const place = halfOutside(directory(), ['f', 'g', 'h']);
    let syncs = 0;
    interpose(({ name }, proceed) => {
      if (name === 'syncfs') syncs += 1;
      return proceed();
    });
    const done = await runRepair(['repair', '-y', ...overlayWords(place, INDEX)]).finally(() =>
      interpose(undefined),
    );
    expect(done.repairs.map(({ code, done }) => [code, done])).toEqual(Array(3).fill(['wrong-nlink', true]));
    expect(syncs).toBe(1);
  });

  test.each([0, 1, 2])(
    'repair-on-a-full-disk: what was done before it, %i repairs, is told and is so',
    async (after) => {
      const names = ['f', 'g', 'h'];
      const place = halfOutside(directory(), names);
      const words = overlayWords(place, INDEX);
      const view = viewOf(place, INDEX);
      let calls = 0;
      interpose(({ name }, proceed) =>
        name.startsWith('setxattr') && calls++ >= after ? -ENOSPC : proceed(),
      );
      const { exitCode, error } = await runRepair(['repair', '-y', ...words]).finally(() =>
        interpose(undefined),
      );
      const told = ['', '1 of 3 repairs was made before that; ', '2 of 3 repairs were made before that; '][
        after
      ];
      expect([exitCode, error?.hint]).toEqual([8, expect.stringMatching(`^${told}free some space`)]);
      const { repairs } = await runRepair(['repair', '-y', ...words]);
      expect(repairs).toHaveLength(names.length - after);
      expect(differences(view.tree, viewOf(place, INDEX).tree, acrossMounts)).toEqual(
        names.flatMap((name) => [`${name}: nlink: 2 -> 1`, expect.stringContaining(`${name}: ctime: `)]),
      );
    },
  );

  test('twin-written-to-while-asked: what was the same a moment ago is not replaced', async () => {
    const place = overlayWith(directory());
    const file = join(place.upper, 'A');
    copy(file, `${file}.copy`);
    renameSync(`${file}.copy`, file);
    const words = overlayWords(place, INDEX);
    const done = await runRepair(['repair', '--rejoin', ...words], () => {
      writeFileSync(file, 'written meanwhile\n');
      return 'y';
    });
    expect(done.repairs.map(({ done, reason }) => [done, reason])).toContainEqual([
      false,
      'is not the same any more, and is kept',
    ]);
    expect(readFileSync(file, 'utf8')).toBe('written meanwhile\n');
  });

  test.each([
    [
      'written to',
      (file: string) => writeFileSync(file, 'written meanwhile\n'),
      'changed since it was looked at, and is kept',
    ],
    [
      'replaced',
      (file: string) => {
        copy(file, `${file}.new`);
        renameSync(`${file}.new`, file);
      },
      'changed since it was looked at, and is kept',
    ],
    ['removed', (file: string) => unlinkSync(file), 'is gone since it was looked at'],
  ])('twin-%s-before-the-link-takes-its-name: it stays what it is', async (_, act, reason) => {
    for (const content of ['the same', 'its own way\n']) {
      const place = overlayWith(directory());
      const rescue = join(directory('tmpfs'), 'rescue');
      const file = join(place.upper, 'A');
      copy(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
      if (content !== 'the same') writeFileSync(file, content);
      const before = layersOf(place);
      let left: ReturnType<typeof layersOf> | undefined;
      interpose(({ name, path }, proceed) => {
        const result = proceed();
        if (left === undefined && name === 'linkat' && isOwnTemporary(path as Bytes)) {
          act(file);
          left = layersOf(place);
        }
        return result;
      });
      const words = ['repair', '--rejoin', '--rescue', rescue, ...overlayWords(place, INDEX)];
      // It is asked again about what is there now.
      const answers = ['y'];
      const done = await runRepair(words, () => answers.pop() ?? 'n').finally(() => interpose(undefined));
      expect(done.repairs.map((repair) => [repair.done, repair.reason])).toContainEqual([false, reason]);
      expect(done.exitCode).toBe(4);
      // All but the file and its directory is what it was; the link that was made and taken back moves some times.
      const theirs = byPath(left?.own ?? []);
      const expected = before.own
        .filter(({ path }) => path !== '0/A' || theirs.has(path))
        .map((entry) => {
          const now = /^0\/A?$/.test(entry.path) ? theirs.get(entry.path) : undefined;
          return { ...(now ?? entry), xattrs: entry.xattrs, group: entry.group };
        });
      expectSameTree(expected, layersOf(place).own, {
        unless: (fact, { path }) => fact === 'ctime' || (path === '1/index' && fact === 'mtime'),
      });
      if (content !== 'the same') expect(Object.keys(rescued(rescue))).toEqual([content]);
    }
  });

  test('leftover-written-to-while-it-is-copied: it stays, and no copy of what it was', async () => {
    const place = overlayWith(directory());
    const rescue = join(directory('tmpfs'), 'rescue');
    const entry = join(place.work, 'index', indexNames(place)[0] as string);
    whileMounted(place, ['index=off'], (view) => unlinkSync(view.at(ascii('B'))));
    whileMounted(place, INDEX, (view) => {
      for (const name of ['A', 'd/C']) unlinkSync(view.at(name as Bytes));
    });
    let left: ReturnType<typeof layersOf> | undefined;
    interpose(({ name }, proceed) => {
      if (left === undefined && name === 'fchownat') {
        appendFileSync(entry, 'written meanwhile\n');
        left = layersOf(place);
      }
      return proceed();
    });
    const words = ['repair', '-y', '--rescue', rescue, ...overlayWords(place, INDEX)];
    const done = await runRepair(words).finally(() => interpose(undefined));
    expect(done.repairs.map(({ code, reason }) => [code, reason])).toContainEqual([
      'orphan',
      'changed since it was looked at, and is kept',
    ]);
    expect(readdirSync(rescue)).toEqual([]);
    expectSameTree(left?.own ?? [], layersOf(place).own);
  });

  test('twin-with-another-content: a person sees both and decides; the loser is kept', async () => {
    const place = overlayWith(directory());
    const rescue = join(directory(), 'rescue');
    const file = join(place.upper, 'A');
    copy(file, `${file}.copy`);
    renameSync(`${file}.copy`, file);
    writeFileSync(file, 'its own way\n');
    const words = overlayWords(place, INDEX);
    const before = layersOf(place);
    const refused = await runRepair(['repair', '-y', '--rejoin', '--rescue', rescue, ...words]);
    expect(refused.exitCode).toBe(4);
    expectSameTree(before.own, layersOf(place).own);
    const questions: string[] = [];
    const done = await keepingEveryByte(place, rescue, () =>
      runRepair(['repair', '--rescue', rescue, ...words], (question) => {
        questions.push(question);
        return 'y';
      }),
    );
    expect(questions).toHaveLength(1);
    expect(questions[0]).toContain('differs from byte 0');
    expect(done.exitCode).toBe(0);
    expect(rescued(rescue)).toEqual({ 'its own way\n': file });
    // Moved back into the upper it would pass for the same twin again.
    const kept = snapshot(rescue).find(({ path }) => path.endsWith('/A'));
    expect(kept?.xattrs ?? '').not.toContain('overlay');
    expect(shown(place, 'A', 'B', 'd/C')).toEqual(['lowerdata\nX\n', 'lowerdata\nX\n', 'lowerdata\nX\n']);
  });

  test('metacopy-inode-is-not-data: a repair rescues no zeros', async () => {
    const options = [...INDEX, 'metacopy=on', 'redirect_dir=on'];
    const place = overlayWith(directory(), {
      options,
      session: (view) => command('chmod', '640', view.at(ascii('A')).toString()),
    });
    whileMounted(place, ['index=off', 'metacopy=on'], (view) => unlinkSync(view.at(ascii('B'))));
    whileMounted(place, options, (view) => {
      for (const name of ['A', 'd/C']) unlinkSync(view.at(name as Bytes));
    });
    const before = layersOf(place);
    const rescue = join(directory(), 'rescue');
    const done = await runRepair(['repair', '-y', '--rescue', rescue, ...overlayWords(place, options)]);
    expect(done.exitCode).toBe(4);
    expect(done.repairs.map(({ code, reason }) => [code, reason])).toContainEqual([
      'orphan',
      expect.stringContaining('never copied'),
    ]);
    expect(rescued(rescue)).toEqual({});
    expectSameTree(before.own, layersOf(place).own);
  });

  test('interrupted-run-left-for-later: a repair in between does not forget what it owes', async () => {
    const place = overlayWith(directory(), {
      session(view) {
        append(view, 'A');
        mkdirSync(view.at('e' as Bytes));
        writeFileSync(view.at('e/new' as Bytes), 'new\n');
      },
    });
    const file = join(place.upper, 'A');
    copy(file, `${file}.copy`);
    renameSync(`${file}.copy`, file);
    const upper = new Place(place.upper);
    upper.setXattr('' as Bytes, RUNNING_XATTR, Buffer.from('1'));
    upper.setXattr('e' as Bytes, TIMES_XATTR, Buffer.from('5000000000 7000000000'));
    const words = overlayWords(place, INDEX);
    const done = await runRepair(['repair', '--rejoin', ...words], (question) =>
      question.includes('detached-twin') ? 'y' : 'n',
    );
    expect(done.repairs.map(({ code, done }) => [code, done])).toContainEqual(['detached-twin', true]);
    expect((await runRepair(['restore', ...words])).exitCode).toBe(0);
    expect(statSync(upper.at('e' as Bytes), { bigint: true }).mtimeNs).toBe(7_000_000_000n);
  });

  test('--unbreak of what is no group: told, with exit code 4 where there is no such file at all', async () => {
    const place = overlayWith(directory(), { options: ['index=off'] });
    const words = overlayWords(place, ['index=off']);
    const before = layersOf(place);
    for (const mode of [['--dry-run'], ['-y'], []]) {
      const wrong = await runMain(
        'repair',
        ...mode,
        '--unbreak',
        'd/nowhere',
        '--unbreak',
        '/solo',
        ...words,
      );
      expect(wrong.code).toBe(4);
      expect(wrong.out).toMatch(/^! d\/nowhere: not mended: no branch has a file with this name/m);
      expect(wrong.out).not.toContain('Nothing to repair');
      expect(wrong.err).toBe('plinkctl: no broken group has the file solo: nothing is to be done for it\n');
    }
    expectSameTree(before.own, layersOf(place).own, { unless: readLinks });

    await runRepair(['repair', '-y', '--unbreak', 'A', ...words]);
    // The second run finds the group whole.
    const again = await runMain('repair', '-y', '--unbreak', 'A', ...words);
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('Nothing to repair.') });
  });

  test('--unbreak of a path that leads out of the union: refused before anything is done', async () => {
    const place = overlayWith(directory(), { options: ['index=off'] });
    const words = overlayWords(place, ['index=off']);
    const before = layersOf(place);
    for (const path of ['../upper/A', 'd/../A', '/', '.']) {
      const wrong = await runMain('repair', '-y', '--unbreak', 'A', '--unbreak', path, ...words);
      expect(wrong).toMatchObject({ code: 16, err: expect.stringContaining(`--unbreak ${path} is no path`) });
    }
    expectSameTree(before.own, layersOf(place).own, { unless: readLinks });
    const joined = await runMain('repair', '-y', '--unbreak', './/A', ...words);
    expect(joined).toMatchObject({ code: 0, out: expect.stringContaining('1 repair made') });
  });

  test('--unbreak of a name that cannot be looked at: the repairs that are made are told', async () => {
    const place = overlayWith(directory(), { options: ['index=off'] });
    const words = overlayWords(place, ['index=off']);
    interpose(({ name, path }, run) => (name === 'openat2' && path === 'far' ? -EIO : run()));
    try {
      const done = await runMain('repair', '-y', '--unbreak', 'A', '--unbreak', 'far/off', ...words);
      expect(done).toMatchObject({
        code: 0,
        out: expect.stringContaining('1 repair made'),
        err: expect.stringContaining('no broken group has the file far/off'),
      });
    } finally {
      interpose(undefined);
    }
  });

  test('group-broken-without-any-index: is joined, the missing directory made', async () => {
    const place = overlayWith(directory(), {
      options: ['index=off'],
      session: (view) => command('chmod', '600', view.at(ascii('A')).toString()),
    });
    const words = overlayWords(place, ['index=off']);
    expect(troubles(await runRepair(['check', ...words]))).toEqual(['broken-group']);
    const done = await runRepair(['repair', '-y', '--unbreak', 'A', ...words]);
    expect(done.exitCode).toBe(0);
    for (const options of [['index=off'], INDEX]) {
      whileMounted(place, options, (view) => {
        const inodes = ['A', 'B', 'd/C'].map((name) => statSync(view.at(name as Bytes)));
        expect(inodes.map(({ nlink, mode }) => [nlink, mode & 0o777])).toEqual([
          [3, 0o600],
          [3, 0o600],
          [3, 0o600],
        ]);
        expect(new Set(inodes.map(({ ino }) => ino)).size).toBe(1);
      });
    }
  });

  test.each([[[]], [['--dry-run']]])(
    'group-broken-into-two-contents: one that is chosen and needs a rescue directory is told of (%j)',
    async (words) => {
      const place = overlayWith(directory(), {
        options: ['index=off'],
        session: (view) => ['A', 'B'].forEach((name) => void append(view, name, name)),
      });
      const before = layersOf(place);
      const all = ['repair', '-y', '--unbreak', 'A', ...words, ...overlayWords(place, ['index=off'])];
      const done = await runRepair(all);
      expect(done.exitCode).toBe(4);
      expect(done.repairs).toContainEqual(
        expect.objectContaining({ done: false, reason: expect.stringContaining('--rescue DIR') }),
      );
      expect((await runMain(...all)).out).toContain('needs --rescue DIR');
      expectSameTree(before.own, layersOf(place).own);
    },
  );

  test('flushed-group-with-a-name-made-anew: is healthy', async () => {
    const place = overlayWith(directory(), {
      session: (view) => command('chmod', '600', view.at(ascii('A')).toString()),
    });
    const words = overlayWords(place, INDEX);
    expect((await runRepair(['flush', ...words])).exitCode).toBe(0);
    whileMounted(place, INDEX, (view) => {
      for (const name of ['A', 'B']) unlinkSync(view.at(name as Bytes));
      writeFileSync(view.at(ascii('B')), 'anew');
    });
    expect((await runRepair(['check', ...words])).exitCode).toBe(0);
  });

  test('in-use: a mounted union is not touched', async () => {
    const place = overlayWith(directory());
    onEntry(place, (fd, entry) => setXattr(fd, entry, 'trusted.overlay.nlink', Buffer.from('U+7')));
    const target = bytesFromText(place.merged);
    const data = bytesFromText(overlayOptions({ ...place, options: ['index=off'] }));
    mount(ascii('overlay'), target, ascii('overlay'), 0, data);
    try {
      const refused = await runRepair(['repair', '-y', ...overlayWords(place, INDEX)]);
      expect(refused.exitCode).toBe(75);
    } finally {
      umount(target);
    }
  });
});

interface Trouble {
  readonly name: string;
  readonly make: (place: OverlayPlace) => void;
  readonly repair: readonly string[];
}

const interrupted: readonly Trouble[] = [
  {
    name: 'origin lost',
    make: (place) => onEntry(place, (fd, entry) => void removeXattr(fd, entry, 'trusted.overlay.origin')),
    repair: [],
  },
  {
    name: 'twin',
    make({ upper }) {
      copy(join(upper, 'A'), join(upper, 'A.copy'));
      renameSync(join(upper, 'A.copy'), join(upper, 'A'));
    },
    repair: ['--rejoin'],
  },
  {
    name: 'entry lost',
    make: (place) => unlinkSync(join(place.work, 'index', indexNames(place)[0] as string)),
    repair: ['--rejoin'],
  },
  {
    name: 'junk and a deep leftover',
    make({ work }) {
      writeFileSync(join(work, 'index/junk'), 'junk');
      mkdirSync(join(work, 'work/#1/2'), { recursive: true });
      writeFileSync(join(work, 'work/#1/2/3'), 'three');
    },
    repair: ['--rescue', 'RESCUE'],
  },
];

describeIncidents('a repair that is killed', ['ext4'], (directory) => {
  afterEach(() => interpose(undefined));

  test.each(interrupted)(
    '$name: after any effect, a second run ends what the first began',
    async (trouble) => {
      for (let cut = 0; ; cut += 1) {
        const root = directory();
        const place = overlayWith(root);
        trouble.make(place);
        const rescue = join(root, 'rescue');
        const decisions = trouble.repair.map((word) => (word === 'RESCUE' ? rescue : word));
        const line = ['repair', '-y', ...decisions, ...overlayWords(place, INDEX)];
        const finished = await keepingEveryByte(place, rescue, async () => {
          let effects = 0;
          let dead = false;
          interpose(({ name }, proceed) => {
            if (systemCalls[name] === 'effect' && name !== 'mount' && name !== 'umount2') {
              dead ||= effects === cut;
              effects += 1;
              if (dead) return -5;
            }
            return proceed();
          });
          await runRepair(line);
          interpose(undefined);
          return !dead;
        });
        const again = await keepingEveryByte(place, rescue, () => runRepair(line));
        expect([cut, troubles(again)]).toEqual([cut, []]);
        expect(shown(place, 'A', 'B', 'd/C')).toEqual(['lowerdata\nX\n', 'lowerdata\nX\n', 'lowerdata\nX\n']);
        if (finished) return;
        expect(cut).toBeLessThan(200);
      }
    },
  );
});
