import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { nextSteps } from '../../src/report/next-step.js';
import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import type { Outcome } from '../../src/restore/plan-types.js';
import { scan } from '../../src/scan/scan.js';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { interpose } from '../../src/sys/seam.js';
import { makeLoopImage, packLoopImage } from '../support/loop-image.js';
import { append, commonLower, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { indexNames, layersOf, type View, viewOf, wrongLinkCounts } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import { type Goal, runGoal, statesOf } from '../support/restore-union.js';
import { byPath, snapshot, type Tree } from '../support/tree.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const goals: readonly Goal[] = ['restore', 'flush'];
const METACOPY = ['index=on', 'metacopy=on', 'redirect_dir=on'];
const EXPORTED = ['index=on', 'nfs_export=on', 'redirect_dir=off'];

describeIncidents('metadata-only copies', ['ext4', 'xfs', 'btrfs'], (directory) => {
  const scene = {
    options: METACOPY,
    session: (view: Place) => chownSync(view.at(ascii('A')), 1000, 1001),
  };

  test('metacopy-inode-is-not-data: restore links it as it is', async () => {
    const place = overlayWith(directory(), scene);
    const before = viewOf(place, METACOPY);
    await runGoal(overlayUnion(place, METACOPY), 'restore');
    expect(byPath(snapshot(place.upper)).get('B' as Bytes)?.xattrs).toContain('trusted.overlay.metacopy');
    expectSameView(before.tree, viewOf(place, METACOPY).tree);
  });

  test.each(['ext4', 'xfs', 'btrfs'] as const)(
    'metacopy-inode-is-not-data: flush on %s gives it the data and no other time',
    async (type) => {
      const place = overlayWith(directory(type), {
        ...scene,
        lower(lower) {
          commonLower(lower);
          // Data, a hole, data: what is copied must neither lose a byte nor fill the disk.
          const sparse = Buffer.alloc(3_000_001);
          sparse.write('begin');
          sparse.write('end', 3_000_000 - 2);
          writeFileSync(lower.at(ascii('A')), sparse);
          lower.setTimes(ascii('A'), 1_000_000_000_000_000_001n, 1_100_000_000_000_000_003n);
        },
      });
      const before = viewOf(place, METACOPY);
      await runGoal(overlayUnion(place, METACOPY), 'flush');
      expectSameView(before.tree, viewOf(place, METACOPY).tree);
      // The numbers above are the kernel's; the layer itself must now stand without the lower.
      expectSameView(before.tree, viewOf(place, ['index=off', 'metacopy=off']).tree);
      expect(indexNames(place)).toEqual([]);
    },
  );

  test.each([
    ['ext4', 'finds no room', -28],
    ['xfs', 'finds no room', -28],
    ['btrfs', 'finds no room', -28],
    ['ext4', 'more than the quota allows', -122],
    ['ext4', 'input/output error', -5],
  ] as const)('data-cannot-be-written on %s, %s: the file is as before', async (type, message, errno) => {
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
    const place = overlayWith(directory(type), {
      options: METACOPY,
      lower(lower) {
        commonLower(lower);
        writeFileSync(lower.at(ascii('A')), randomBytes(3_000_000));
      },
      session(view) {
        chownSync(view.at(ascii('A')), 1000, 1001);
        view.setXattr(ascii('A'), 'security.capability', capability);
        view.setTimes(ascii('A'), 5_000_000_001n, 6_000_000_002n);
      },
    });
    const before = viewOf(place, METACOPY);
    let writes = 0;
    interpose(({ name }, proceed) => (name === 'pwrite' && ++writes > 2 ? errno : proceed()));
    const told = await runGoal(overlayUnion(place, METACOPY), 'flush')
      .then(({ outcome }) => outcome.entries.map(({ reason }) => reason).join(), String)
      .finally(() => interpose(undefined));
    expect(told).toMatch(message);
    // The root has a mark that a rerun is due.
    const files = ({ tree }: View): Tree => tree.filter(({ path }) => path !== '');
    expectSameView(files(before), files(viewOf(place, METACOPY)));
    const { size, blocks } = lstatSync(join(place.upper, 'A'));
    expect({ size, empty: blocks < 100 }).toEqual({ size: 3_000_000, empty: errno !== -5 });

    await runGoal(overlayUnion(place, METACOPY), 'flush');
    expectSameView(before.tree, viewOf(place, ['index=off', 'metacopy=off']).tree);
  });

  test('data-too-large-for-the-disk: the file is kept and told, and those behind it are flushed', async () => {
    const disk = makeLoopImage('ext4');
    try {
      const place = overlayWithTwo(disk.mountpoint, join(directory(), 'lower'));
      const before = viewOf(place, METACOPY);
      const filler = join(disk.mountpoint, 'filler');
      writeFileSync(filler, Buffer.alloc(18_000_000));
      const { outcome } = await runGoal(overlayUnion(place, METACOPY), 'flush');
      expect(fatesOf(outcome)).toEqual([
        [
          'large',
          false,
          true,
          expect.stringMatching(/^its data, 7\.6 MiB in the lower, finds no room: free/),
        ],
        ['small', true, false, undefined],
      ]);
      expect(outcome).toMatchObject({ linksRestored: 2, entriesRemoved: 1, entriesKept: 1 });
      expectSameView(before.tree, viewOf(place, METACOPY).tree);

      rmSync(filler);
      const again = await runGoal(overlayUnion(place, METACOPY), 'flush');
      expect(fatesOf(again.outcome)).toEqual([['large', true, false, undefined]]);
      expectSameView(before.tree, viewOf(place, ['index=off', 'metacopy=off']).tree);
    } finally {
      disk.dispose();
    }
  });

  test('lower-file-changed-while-it-is-copied: the file stays metadata-only, and is told', async () => {
    const place = overlayWithTwo(directory(), join(directory(), 'lower'));
    const before = viewOf(place, METACOPY);
    const large = join(place.lowers[0] as string, 'large');
    const { size } = lstatSync(large);
    const bytes = readFileSync(large);
    const found = await scan(overlayUnion(place, METACOPY));
    let reads = 0;
    interpose(({ name }, proceed) => {
      const result = proceed();
      if (name === 'pread' && reads++ === 0) truncateSync(large, size / 2);
      return result;
    });
    const outcome = await apply(plan(found, 'flush')).finally(() => interpose(undefined));
    expect(fatesOf(outcome)).toEqual([
      ['large', false, true, expect.any(String)],
      ['small', true, false, undefined],
    ]);
    writeFileSync(large, bytes);
    expectSameView(before.tree, viewOf(place, METACOPY).tree);
    await runGoal(overlayUnion(place, METACOPY), 'flush');
    expectSameView(before.tree, viewOf(place, ['index=off', 'metacopy=off']).tree);
  });

  test.each([
    ['pread', -5],
    ['lseek', -117],
    ['open_by_handle_at', -5],
  ] as const)(
    'data-cannot-be-read, %s %i: the file is kept and told, and those behind it are flushed',
    async (call, errno) => {
      const place = overlayWithTwo(directory(), join(directory(), 'lower'));
      const before = viewOf(place, METACOPY);
      const found = await scan(overlayUnion(place, METACOPY));
      let calls = 0;
      interpose(({ name }, proceed) => (name === call && calls++ === 0 ? errno : proceed()));
      const outcome = await apply(plan(found, 'flush')).finally(() => interpose(undefined));
      expect(fatesOf(outcome)).toEqual([
        ['large', false, true, expect.stringMatching(/^its data cannot be read from the lower file/)],
        ['small', true, false, undefined],
      ]);
      expectSameView(before.tree, viewOf(place, METACOPY).tree);
      await runGoal(overlayUnion(place, METACOPY), 'flush');
      expectSameView(before.tree, viewOf(place, ['index=off', 'metacopy=off']).tree);
    },
  );

  test('metacopy-without-its-lower: no command is named that cannot help', async () => {
    const place = overlayWith(directory(), {
      options: METACOPY,
      session: (view) => chownSync(view.at(ascii('A')), 1000, 1000),
    });
    for (const name of ['A', 'B', 'd/C']) unlinkSync(join(place.lowers[0] as string, name));
    const { found, outcome } = await runGoal(overlayUnion(place, METACOPY), 'flush');
    expect(outcome.entriesRemoved).toBe(0);
    const told = found.findings.filter(({ path }) => path === found.entries[0]?.name);
    expect(told).toMatchObject([{ code: 'data-gone', safe: false }]);
    expect(nextSteps(found)).toEqual([]);
  });

  test('metacopy-moved-by-redirect: the data comes from where the lower has it', async () => {
    const place = overlayWith(directory(), {
      options: METACOPY,
      session(view) {
        chownSync(view.at(ascii('d/C')), 1000, 1000);
        renameSync(view.at(ascii('d/C')), view.at(ascii('moved')));
        renameSync(view.at(ascii('d')), view.at(ascii('e')));
      },
    });
    const before = viewOf(place, METACOPY);
    await runGoal(overlayUnion(place, METACOPY), 'flush');
    expectSameView(before.tree, viewOf(place, METACOPY).tree);
    expect(readFileSync(join(place.upper, 'moved'), 'latin1')).toBe('lowerdata\n');
  });

  test('zero-generation-handle: another file system opens it too, and that file is not the data', async () => {
    const disk = makeLoopImage('ext4');
    const source = new Place(join(directory(), 'source'));
    mkdirSync(source.root);
    for (let i = 0; i < 100; i++) writeFileSync(source.at(ascii(`0filler${i}`)), '');
    commonLower(source);
    const image = packLoopImage('squashfs', source.root);
    try {
      // squashfs has no generations, and ext4 takes 0 for any: a file with the same number and size is there.
      const top = join(disk.mountpoint, 'top');
      mkdirSync(top);
      const { ino, size } = lstatSync(join(image.mountpoint, 'A'));
      let met = false;
      for (let i = 0; i < 200 && !met; i++) {
        // In the root directory ext4 counts up from 12.
        const decoy = join(disk.mountpoint, `decoy${i}`);
        writeFileSync(decoy, 'D'.repeat(size));
        met = lstatSync(decoy).ino === ino;
        renameSync(decoy, join(top, `decoy${i}`));
      }
      expect(met).toBe(true);
      const place = overlayPlace(disk.mountpoint, [top, image.mountpoint]);
      whileMounted(place, METACOPY, (view) => chownSync(view.at(ascii('A')), 9, 9));
      const before = viewOf(place, METACOPY);
      await runGoal(overlayUnion(place, METACOPY), 'flush');
      expectSameView(before.tree, viewOf(place, METACOPY).tree);
      expect(indexNames(place)).toEqual([]);
    } finally {
      image.dispose();
      disk.dispose();
    }
  });

  test('data-only-lower: its names are no names of the union, and its data is found by redirect', async () => {
    const root = directory();
    const [meta, data] = [join(root, 'former/upper'), join(root, 'data')];
    mkdirSync(data);
    commonLower(new Place(data));
    const former = overlayPlace(join(root, 'former'), [data]);
    whileMounted(former, METACOPY, (view) => {
      chownSync(view.at(ascii('A')), 9, 9);
      renameSync(view.at(ascii('A')), view.at(ascii('moved')));
    });
    new Place(meta).setXattr(ascii('moved'), 'trusted.overlay.redirect', Buffer.from('/A'));
    linkSync(join(meta, 'moved'), join(meta, 'alias'));
    // An empty name between two colons: the layers that follow are data-only.
    const place = { ...overlayPlace(root, [meta]), lowers: [meta, '', data] };
    whileMounted(place, METACOPY, (view) => append(view, 'moved'));
    const before = viewOf(place, METACOPY);
    expect(byPath(before.tree).has('B' as Bytes)).toBe(false);

    const { found } = await runGoal(overlayUnion(place, METACOPY), 'flush');

    expect(statesOf(found)).toEqual([['restorable', 'alias']]);
    expectSameView(before.tree, viewOf(place, METACOPY).tree);
  });
});

/** Two groups whose upper inodes hold metadata alone; `large` comes first in the index. */
function overlayWithTwo(root: string, lower: string): OverlayPlace {
  const place = overlayPlace(root, [lower]);
  for (const [name, bytes] of [
    ['large', 8_000_000],
    ['small', 100_000],
  ] as const) {
    writeFileSync(join(lower, name), randomBytes(bytes));
    linkSync(join(lower, name), join(lower, `${name}-too`));
  }
  whileMounted(place, METACOPY, (view) => {
    for (const name of ['large', 'small']) chownSync(view.at(ascii(name)), 1000, 1001);
  });
  return place;
}

function fatesOf({ entries }: Outcome): unknown[][] {
  return entries.map(({ entry, removed, attention, reason }) => [entry.names[0], removed, attention, reason]);
}

describeIncidents('exported overlays', ['ext4'], (directory) => {
  test.each(goals)('nfs-export-entries-stay: %s keeps directory and whiteout entries', async (goal) => {
    const place = overlayWith(directory(), {
      options: EXPORTED,
      session(view) {
        append(view, 'A');
        appendFileSync(view.at(ascii('d/own')), 'copies d up\n');
        rmSync(join(view.root, 'solo'));
      },
    });
    const [before, names] = [viewOf(place, EXPORTED), indexNames(place)];
    const { found, outcome } = await runGoal(overlayUnion(place, EXPORTED), goal);
    expect(new Set(found.entries.map(({ state }) => state))).toEqual(
      new Set(['restorable', 'directory', 'whiteout']),
    );
    expect(found.nfsExport).toBe(true);
    expect(outcome.entriesRemoved).toBe(0);
    expect(indexNames(place)).toEqual(names);
    const after = viewOf(place, EXPORTED);
    expect(after.log).toEqual([]);
    expectSameView(before.tree, after.tree);
    expect(wrongLinkCounts(after.tree, found.entries, place)).toEqual([]);
    expect(indexNames(place)).toEqual(names);
  });
});

describeIncidents('user xattrs in place of trusted ones', ['ext4', 'tmpfs'], (directory) => {
  test.each(goals)('userxattr: %s reads and writes user.overlay alone', async (goal) => {
    const options = ['userxattr', 'index=on'];
    const place = overlayWith(directory(), { options });
    const before = viewOf(place, options);
    const lowers = layersOf(place).lowers;
    const { found } = await runGoal(overlayUnion(place, options), goal);
    expect(statesOf(found)).toEqual([['restorable', 'B', 'd/C']]);
    const after = viewOf(place, options);
    expect(after.log).toEqual([]);
    expectSameView(before.tree, after.tree);
    expect(
      snapshot(place.upper)
        .map(({ xattrs }) => xattrs)
        .join(),
    ).not.toContain('trusted.');
    expectSameTree(lowers, layersOf(place).lowers);
  });

  test('userxattr-read-as-trusted: a scan with the wrong prefix sees entries without origin and removes nothing', async () => {
    const place = overlayWith(directory(), { options: ['userxattr', 'index=on'] });
    const before = layersOf(place);
    await runGoal(overlayUnion(place, ['index=on']), 'flush').catch(() => undefined);
    expectSameTree(before.own, layersOf(place).own);
  });
});
