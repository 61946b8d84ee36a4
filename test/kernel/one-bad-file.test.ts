import { appendFileSync, linkSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { apply } from '../../src/restore/apply.js';
import { mountedPlan, restoreMounted } from '../../src/restore/mounted-overlay/mounted-overlay.js';
import { openMountedOverlay } from '../../src/restore/mounted-overlay/mounted-overlay-mount.js';
import { plan } from '../../src/restore/plan.js';
import type { Outcome } from '../../src/restore/plan-types.js';
import { scan } from '../../src/scan/scan.js';
import { ascii, bytesFromText } from '../../src/sys/bytes.js';
import { type Call, interpose } from '../../src/sys/seam.js';
import { resolveTarget } from '../../src/union/target.js';
import type { OverlayUnion } from '../../src/union/union.js';
import { command } from '../support/command.js';
import { liveDifferences, whileMountedAsync } from '../support/mounted-restore.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { indexNames, viewOf } from '../support/overlay-verifier.js';
import type { Place } from '../support/place.js';
import { overlayWords, runRepair } from '../support/repair-run.js';
import { snapshot } from '../support/tree.js';
import { expectSameView } from '../support/tree-diff.js';

const INDEX = ['index=on'];
const GROUPS = ['one', 'two', 'three'];
const [EIO, EUCLEAN, EFBIG, EOPNOTSUPP, ENOSPC] = [-5, -117, -27, -95, -28];

/** Three groups of two, of each of which one name was written to; the first is `one`'s in the index, too. */
function threeGroups(root: string): OverlayPlace {
  return overlayWith(root, {
    lower(lower) {
      for (const name of GROUPS) {
        writeFileSync(lower.at(ascii(name)), name);
        linkSync(lower.at(ascii(name)), lower.at(ascii(`${name}-too`)));
      }
    },
    session(view) {
      for (const name of GROUPS) append(view, name);
    },
  });
}

/** As {@link threeGroups}, with no name left: the kernel's counts are one too high. */
function threeOrphans(root: string): OverlayPlace {
  const place = threeGroups(root);
  const remove = (suffix: string) => (view: Place) => {
    for (const name of GROUPS) unlinkSync(view.at(ascii(`${name}${suffix}`)));
  };
  whileMounted(place, ['index=off'], remove('-too'));
  whileMounted(place, INDEX, remove(''));
  for (const name of indexNames(place)) {
    const file = join(place.work, 'index', name);
    appendFileSync(file, 'X'.repeat(20_000));
    command('setfattr', '-n', 'user.own', '-v', 'x', file);
  }
  return place;
}

const fates = ({ entries }: Outcome): unknown[][] =>
  entries.map(({ removed, attention, reason }) => [removed, attention, reason]);

/** Fails the first call that `isBad`. */
function failFirst(errno: number, isBad: (call: Call) => boolean): void {
  let done = false;
  interpose((call, proceed) => {
    if (done || !isBad(call)) return proceed();
    done = true;
    return errno;
  });
}

/** A call in a copy, whose length is set before; the note was written then. */
function inCopy(wanted: Call['name']): (call: Call) => boolean {
  let copies = false;
  return ({ name }) => {
    copies ||= name === 'ftruncate';
    return copies && name === wanted;
  };
}

describeIncidents('one bad file is no reason to leave the others', ['ext4', 'tmpfs'], (directory) => {
  afterEach(() => interpose(undefined));

  test.each([
    ['statx', EIO],
    ['statx', EUCLEAN],
    ['openat2', EIO],
  ] as const)('flush: %s %i of an entry', async (name, errno) => {
    const place = threeGroups(directory());
    const before = viewOf(place, INDEX);
    const union = overlayUnion(place, INDEX);
    const [first] = indexNames(place);
    const todo = plan(await scan(union), 'flush');
    failFirst(errno, (call) => call.name === name && call.path === first);
    const outcome = await apply(todo).finally(() => interpose(undefined));
    expect(fates(outcome)).toEqual([
      [false, true, expect.stringMatching(new RegExp(`^${name}: `))],
      [true, false, undefined],
      [true, false, undefined],
    ]);
    expectSameView(before.tree, viewOf(place, INDEX).tree);
    expect(await apply(plan(await scan(union), 'flush'))).toMatchObject({ entriesRemoved: 1 });
    expectSameView(before.tree, viewOf(place, INDEX).tree);
  });

  test.each([
    ['leased', -11],
    ['encrypted', -126],
    ["somebody else's", -1],
  ])(
    'flush: an inode that may not be opened to be read (%s) loses its marks all the same',
    async (_, errno) => {
      const place = threeGroups(directory());
      const before = viewOf(place, INDEX);
      const [first] = indexNames(place);
      failFirst(errno, (call) => call.name === 'openat2' && call.path === first);
      const outcome = await apply(plan(await scan(overlayUnion(place, INDEX)), 'flush')).finally(() =>
        interpose(undefined),
      );
      expect(outcome.entriesRemoved).toBe(3);
      expectSameView(before.tree, viewOf(place, INDEX).tree);
      const marks = command(
        'getfattr',
        '-R',
        '-h',
        '-d',
        '-m',
        'trusted.overlay.(origin|nlink)',
        place.upper,
      );
      expect(marks.split('\n').filter((line) => /origin|nlink/.test(line))).toHaveLength(1);
    },
  );

  test('restore through the mount: a name that cannot be looked at', async () => {
    const place = threeGroups(directory());
    await whileMountedAsync(place, INDEX, async () => {
      const before = snapshot(place.merged);
      const union = resolveTarget({ mountpoint: bytesFromText(place.merged) }) as OverlayUnion;
      const [first] = indexNames(place);
      const mounted = openMountedOverlay(union);
      const todo = mountedPlan(plan(await scan(union), 'restore'), 'restore');
      failFirst(EIO, ({ name, path }) => name === 'statx' && path === first);
      const outcome = await restoreMounted(mounted, todo).finally(() => interpose(undefined));
      mounted.close();
      expect(fates(outcome)).toEqual([
        [false, true, 'statx: input/output error'],
        [false, false, undefined],
        [false, false, undefined],
      ]);
      expect(outcome.linksRestored).toBe(2);
      expect(liveDifferences(before, snapshot(place.merged))).toEqual([]);
    });
  });

  test.each([
    ['pread', EIO, /^it cannot be read \(pread: input\/output error\), so that no copy of it/],
    ['pwrite', ENOSPC, /^the rescue directory has no room for its 20 KiB/],
    ['pwrite', EFBIG, /^the rescue directory takes no file of 20 KiB/],
    ['setxattr', EOPNOTSUPP, /^the rescue directory cannot keep all that belongs to it \(setxattr: not supp/],
    ['openat2', EUCLEAN, /^whether a process has it open cannot be told/],
  ] as const)('prune --rescue: %s %i', async (name, errno, told) => {
    const place = threeOrphans(directory());
    const view = viewOf(place, INDEX);
    const rescue = join(directory('tmpfs'), 'rescue');
    const [first] = indexNames(place);
    failFirst(errno, name === 'openat2' ? (call) => call.name === name && call.path === first : inCopy(name));
    const words = ['--rescue', rescue, '--min-age', '0', ...overlayWords(place, INDEX)];
    const { entries, exitCode } = await runPrune(words);
    interpose(undefined);
    expect(entries.filter(({ removed }) => removed)).toHaveLength(2);
    expect(entries.filter(({ removed }) => !removed)).toEqual([
      expect.objectContaining({ name: first, reason: expect.stringMatching(told) }),
    ]);
    expect(exitCode).toBe(4);
    expect(indexNames(place)).toEqual([first]);
    // Two files, each with its note, and nothing half-done.
    expect(readdirSync(rescue)).toHaveLength(4);
    expect(await runPrune(words)).toMatchObject({ exitCode: 0, entries: [{ removed: true }] });
    expect(readdirSync(rescue)).toHaveLength(6);
    expectSameView(view.tree, viewOf(place, INDEX).tree);
  });

  test.each([
    ['pread', EIO, /^it cannot be read/],
    ['pwrite', ENOSPC, /^the rescue directory has no room for its/],
  ] as const)('repair --rescue: %s %i', async (name, errno, told) => {
    const place = threeGroups(directory());
    const rescue = join(directory('tmpfs'), 'rescue');
    for (const junk of ['junk1', 'junk2']) writeFileSync(join(place.work, 'index', junk), junk);
    const words = ['repair', '-y', '--rescue', rescue, ...overlayWords(place, INDEX)];
    failFirst(errno, inCopy(name));
    const done = await runRepair(words);
    interpose(undefined);
    const moved = done.repairs.filter(({ code }) => code === 'junk-name');
    expect(moved.map((each) => [each.done, each.reason ?? ''])).toEqual(
      expect.arrayContaining([
        [true, ''],
        [false, expect.stringMatching(told)],
      ]),
    );
    expect(done.exitCode).toBe(4);
    // One, and its note.
    expect(readdirSync(rescue)).toHaveLength(2);
    expect((await runRepair(words)).exitCode).toBe(0);
    expect(readdirSync(rescue)).toHaveLength(4);
  });
});

interface PruneDocument {
  readonly exitCode: number;
  readonly entries: readonly { readonly removed: boolean; readonly reason: string | null }[];
}

async function runPrune(words: readonly string[]): Promise<PruneDocument> {
  return (await runRepair(['prune', ...words])) as unknown as PruneDocument;
}
