import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { ascii, bytesFromText } from '../../src/sys/bytes.js';
import { mount, umount } from '../../src/sys/mount.js';
import { type Call, interpose } from '../../src/sys/seam.js';
import { describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { overlayOptions } from '../support/overlay-mount.js';
import { pause } from '../support/pause.js';
import { overlayWords, runRepair } from '../support/repair-run.js';
import { runMain } from '../support/run-main.js';
import { stopSoon } from '../support/stop-soon.js';
import { snapshot, type Tree } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const FILES = 200;
const LEFTOVERS = 240;
/** Longer than a look at whether the union is free counts as recent. */
const LOOK_MS = 50;
const MIB = 1024 * 1024;
const ORPHANS = '.wh..wh.orph';

interface AufsPlace {
  readonly upper: string;
  readonly words: readonly string[];
}

function aufsWith(root: string, fill: (orphans: string) => void): AufsPlace {
  const [upper, lower] = [join(root, 'upper'), join(root, 'lower')];
  mkdirSync(lower);
  mkdirSync(upper);
  writeFileSync(join(upper, '.wh..wh.aufs'), '', { mode: 0o444 });
  for (const name of ['.wh..wh.plnk', ORPHANS]) mkdirSync(join(upper, name), { mode: 0o700 });
  fill(join(upper, ORPHANS));
  return { upper, words: ['-o', `br:${upper}=rw:${lower}=ro`] };
}

/** Sends SIGTERM when a call is made for the `count`th time. */
function stopAt(count: number, isIt: (call: Call) => boolean): void {
  let seen = 0;
  interpose((call, proceed) => {
    if (isIt(call) && ++seen === count) stopSoon();
    return proceed();
  });
}

/** Where each content of a rescue directory came from: the names of the files. */
const contentsIn = (rescue: string): string[] =>
  readdirSync(rescue, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && !each.name.endsWith('.json'))
    .map((each) => readFileSync(join(each.parentPath, each.name), 'utf8'))
    .sort();

/** A tree without the names that are gone by now, and without what a removal changes of their directory. */
const stillIn = (before: Tree, after: Tree): Tree => {
  const names = new Set(after.map(({ path }) => path));
  return before.filter(({ path }) => names.has(path));
};

describeIncidents('a repair that is ended early', ['ext4', 'tmpfs'], (directory) => {
  afterEach(() => interpose(undefined));

  test('stopped-between-repairs: ends within a moment, tells what is left, and a rerun ends it', async () => {
    const root = directory();
    const rescue = join(root, 'rescue');
    const all = Array.from({ length: FILES }, (_, i) => `half removed ${i}\n`).sort();
    const { upper, words } = aufsWith(root, (orphans) => {
      for (const [i, text] of all.entries()) writeFileSync(join(orphans, `.wh.${i}`), text);
    });
    const before = snapshot(upper);
    stopAt(3, ({ name }) => name === 'linkat');
    const { code, out } = await runMain('repair', '-y', '--rescue', rescue, ...words);
    interpose(undefined);

    const after = snapshot(upper);
    const left = readdirSync(join(upper, ORPHANS));
    expect(left.length).toBeGreaterThan(FILES / 2);
    expectSameTree(stillIn(before, after), after, {
      unless: (_, { path }) => path === ORPHANS,
    });
    const texts = left.map((name) => readFileSync(join(upper, ORPHANS, name), 'utf8'));
    expect([...texts, ...contentsIn(rescue)].sort()).toEqual(all);
    expect(code).toBe(143);
    const unmade = left.length.toString().replace(/(\d)(\d{3})$/, '$1,$2');
    expect(out).toContain(`Stopped by SIGTERM. ${unmade} repairs left. The same command goes on from here.`);

    expect((await runMain('repair', '-y', '--rescue', rescue, ...words)).code).toBe(0);
    expect(readdirSync(join(upper, ORPHANS))).toEqual([]);
    expect(contentsIn(rescue)).toEqual(all);
  });

  test('stopped-while-it-copies: the file stays as it is, and no part of a copy', async () => {
    const rescue = join(directory('tmpfs'), 'rescue');
    const data = Buffer.alloc(16 * MIB, 'half removed\n');
    const { upper, words } = aufsWith(directory(), (orphans) => {
      mkdirSync(join(orphans, 'd'));
      writeFileSync(join(orphans, 'd/first'), 'small');
      writeFileSync(join(orphans, 'd/large'), data);
    });
    const before = snapshot(upper);
    stopAt(8, ({ name }) => name === 'pwrite');
    const { code, out } = await runMain('repair', '-y', '--rescue', rescue, ...words);
    interpose(undefined);
    expectSameTree(before, snapshot(upper));
    expect(readdirSync(rescue)).toEqual([]);
    expect(code).toBe(143);
    expect(out).toContain('Stopped by SIGTERM. 1 repair left. The same command goes on from here.');

    expect((await runMain('repair', '-y', '--rescue', rescue, ...words)).code).toBe(0);
    expect(readdirSync(join(upper, ORPHANS))).toEqual([]);
    const [kept = ''] = readdirSync(rescue).filter((name) => !name.endsWith('.json'));
    expect(readFileSync(join(rescue, kept, 'd/large')).equals(data)).toBe(true);
    expect(readFileSync(join(rescue, kept, 'd/first'), 'utf8')).toBe('small');
  });

  test('mounted-meanwhile: what is left stays, and the run is busy', async () => {
    const place = overlayWith(directory());
    const work = join(place.work, 'work');
    for (let i = 0; i < LEFTOVERS; i += 1) mkdirSync(join(work, `#${i}/a/b`), { recursive: true });
    const words = overlayWords(place, ['index=on']);
    const merged = bytesFromText(place.merged);
    const data = bytesFromText(overlayOptions({ ...place, options: ['index=on'] }));
    let removals = 0;
    let before: Tree = [];
    interpose(({ name }, proceed) => {
      const result = proceed();
      if (name === 'unlinkat' && ++removals === 3 * 50) {
        interpose(undefined);
        before = snapshot(place.upper);
        mount(ascii('overlay'), merged, ascii('overlay'), 0, data);
      }
      return result;
    });
    const mounted = await runRepair(['repair', '-y', ...words]).finally(() => interpose(undefined));
    umount(merged);
    const left = readdirSync(work).filter((name) => name.startsWith('#'));
    const made = LEFTOVERS - left.length;
    expect(made).toBeGreaterThanOrEqual(50);
    expect(made).toBeLessThanOrEqual(50 + 128);
    for (const name of left) expect(readdirSync(join(work, name, 'a'))).toEqual(['b']);
    expectSameTree(before, snapshot(place.upper));
    expect(mounted).toMatchObject({
      exitCode: 75,
      error: {
        code: 'in-use',
        hint: `${made} of ${LEFTOVERS} repairs were made before that; unmount ${place.merged} first`,
      },
    });

    expect((await runRepair(['repair', '-y', ...words])).exitCode).toBe(0);
    expect(readdirSync(work)).toEqual([]);
  });

  test('mounted-while-it-copies: the file stays, and no copy of it', async () => {
    const place = overlayWith(directory());
    const rescue = join(directory('tmpfs'), 'rescue');
    const leftover = join(place.work, 'work/#7/a');
    mkdirSync(leftover, { recursive: true });
    writeFileSync(join(leftover, 'data'), 'left over');
    const words = overlayWords(place, ['index=on']);
    const merged = bytesFromText(place.merged);
    const data = bytesFromText(overlayOptions({ ...place, options: ['index=on'] }));
    const before = snapshot(leftover);
    interpose(({ name, path }, proceed) => {
      const result = proceed();
      if (name === 'openat_create' && path === 'data') {
        interpose(undefined);
        mount(ascii('overlay'), merged, ascii('overlay'), 0, data);
        pause(LOOK_MS);
      }
      return result;
    });
    const mounted = await runRepair(['repair', '-y', '--rescue', rescue, ...words]).finally(() =>
      interpose(undefined),
    );
    umount(merged);
    expect(mounted).toMatchObject({ exitCode: 75, error: { code: 'in-use' } });
    expect(readdirSync(rescue)).toEqual([]);
    expectSameTree(before, snapshot(leftover));
    expect((await runRepair(['repair', '-y', '--rescue', rescue, ...words])).exitCode).toBe(0);
    expect(contentsIn(rescue)).toEqual(['left over']);
  });
});
