import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import type { Outcome } from '../../src/restore/plan-types.js';
import { scan } from '../../src/scan/scan.js';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { interpose } from '../../src/sys/seam.js';
import { command } from '../support/command.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { mountOverlay } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayUnion } from '../support/overlay-place.js';
import { indexNames, viewOf } from '../support/overlay-verifier.js';
import { overlayWords } from '../support/repair-run.js';
import type { Goal } from '../support/restore-union.js';
import { runMain } from '../support/run-main.js';
import { byPath, snapshot, type Tree } from '../support/tree.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';
import { unmount } from '../support/unmount.js';

const INDEX = ['index=on'];
const ENOENT = 2;
const goals: readonly Goal[] = ['restore', 'flush'];

/** Scans and plans, lets somebody else act, and only then applies. A thrown failure counts as nothing done. */
async function runWith(place: OverlayPlace, goal: Goal, meanwhile: () => void): Promise<Outcome | undefined> {
  const work = plan(await scan(overlayUnion(place, INDEX)), goal);
  meanwhile();
  return apply(work).catch((error: Error) => {
    expect(['Problem', 'SysError']).toContain(error.name);
    return undefined;
  });
}

function expectKept(place: OverlayPlace, outcome: Outcome | undefined): void {
  expect(outcome?.entriesRemoved ?? 0).toBe(0);
  if (outcome !== undefined) expect(outcome.entries.some(({ attention }) => attention)).toBe(true);
  expect(indexNames(place)).toHaveLength(1);
}

describeIncidents('what changes between scan and apply', ['ext4'], (directory) => {
  test.each(goals)('name-taken-meanwhile: %s overwrites nothing', async (goal) => {
    const place = overlayWith(directory());
    const outcome = await runWith(place, goal, () => writeFileSync(join(place.upper, 'B'), 'new owner\n'));
    expectKept(place, outcome);
    expect(readFileSync(join(place.upper, 'B'), 'latin1')).toBe('new owner\n');
  });

  test.each(goals)('directory-swapped-for-a-symlink: %s writes nothing where it leads', async (goal) => {
    const root = directory();
    const place = overlayWith(root, {
      session(view) {
        append(view, 'A');
        writeFileSync(view.at(ascii('d/own')), 'copies d up\n');
      },
    });
    const outside = join(root, 'outside');
    mkdirSync(outside);
    const before = snapshot(outside);
    const outcome = await runWith(place, goal, () => {
      renameSync(join(place.upper, 'd'), join(root, 'moved'));
      symlinkSync(outside, join(place.upper, 'd'));
    });
    expectKept(place, outcome);
    expectSameTree(before, snapshot(outside));
    expect(byPath(snapshot(join(root, 'moved'))).has('C' as Bytes)).toBe(false);
  });

  test.each(goals)('missing-directory-made-as-a-symlink: %s does not follow it', async (goal) => {
    const root = directory();
    const place = overlayWith(root);
    const outside = join(root, 'outside');
    mkdirSync(outside);
    const before = snapshot(outside);
    const outcome = await runWith(place, goal, () => symlinkSync(outside, join(place.upper, 'd')));
    expectKept(place, outcome);
    expectSameTree(before, snapshot(outside));
  });

  test.each(goals)('entry-replaced-meanwhile: %s links no other inode in its place', async (goal) => {
    const place = overlayWith(directory());
    const [name = ''] = indexNames(place);
    const outcome = await runWith(place, goal, () => {
      rmSync(join(place.work, 'index', name));
      writeFileSync(join(place.work, 'index', name), 'forged\n');
    });
    expectKept(place, outcome);
    for (const path of ['B', 'd/C'] as Bytes[]) {
      const entry = byPath(snapshot(place.upper)).get(path);
      expect(entry?.size ?? '12').toBe('12');
    }
    expect(readFileSync(join(place.work, 'index', name), 'latin1')).toBe('forged\n');
  });

  test.each(goals)('entry-gone-meanwhile: %s says so and invents nothing', async (goal) => {
    const place = overlayWith(directory());
    const [name = ''] = indexNames(place);
    const outcome = await runWith(place, goal, () => rmSync(join(place.work, 'index', name)));
    expect(outcome?.entriesRemoved ?? 0).toBe(0);
    expect(indexNames(place)).toEqual([]);
    expect(byPath(snapshot(place.upper)).get('A' as Bytes)?.size).toBe('12');
  });

  test.each(['own', 'd'])(
    'directory-removed-meanwhile: %s holds nothing, and nobody fails to look into it',
    async (name) => {
      const place = overlayWith(directory(), {
        session(view) {
          append(view, 'A');
          mkdirSync(view.at(ascii('own')));
          writeFileSync(view.at(ascii('d/own')), 'copies d up\n');
          rmSync(view.at(ascii('d/own')));
        },
      });
      const upper = join(place.upper, name);
      interpose((call, proceed) => {
        const result = proceed();
        // What rm -r of the union's users does, while the walk has it open.
        if (call.name !== 'openat2' || call.path !== name || !existsSync(upper)) return result;
        rmSync(upper, { recursive: true });
        if (name === 'd') command('mknod', upper, 'c', '0', '0');
        return result;
      });
      const { entries, unreadable } = await scan(overlayUnion(place, INDEX)).finally(() =>
        interpose(undefined),
      );
      expect(unreadable).toEqual([]);
      const [entry] = entries;
      expect(entry?.names).toEqual(['A']);
      expect(entry?.missing.map(({ path }) => path)).toEqual(name === 'd' ? ['B'] : ['B', 'd/C']);
    },
  );

  test('ENOENT-of-a-directory-that-is-there proves nothing', async () => {
    const place = overlayWith(directory());
    const before = viewOf(place, INDEX);
    const entries = indexNames(place);
    const opened = new Set<number>();
    interpose(({ name, path, fd }, proceed) => {
      if (name === 'getdents64' && opened.has(fd)) return -ENOENT;
      const result = proceed();
      if (name === 'openat2' && path === 'd') opened.add(result);
      if (name === 'close') opened.delete(fd);
      return result;
    });
    const { code, out } = await runMain('flush', ...overlayWords(place, INDEX)).finally(() =>
      interpose(undefined),
    );
    expect(code).toBe(4);
    expect(out).toContain('d [ENOENT]');
    expect(indexNames(place)).toEqual(entries);
    expectSameView(before.tree, viewOf(place, INDEX).tree);
  });

  test('mounted-meanwhile: flush lets no entry go under the mount, and tells what it had done', async () => {
    const place = overlayWith(directory());
    // The root carries a mark that a rerun is due.
    const files = (): Tree => viewOf(place, INDEX).tree.filter(({ path }) => path !== '');
    const before = files();
    const [entry = ''] = indexNames(place);
    let links = 0;
    interpose(({ name }, proceed) => {
      const result = proceed();
      if (name === 'linkat' && ++links === 2)
        mountOverlay({ ...place, options: INDEX, target: place.merged });
      return result;
    });
    const told = await runMain('flush', ...overlayWords(place, INDEX)).finally(() => interpose(undefined));
    unmount(place.merged);
    expect(told).toMatchObject({ code: 75, out: '' });
    expect(told.err).toMatch(/mounted|in use/);
    expect(told.err).toMatch(/2 names were put back before that/);
    expect(indexNames(place)).toEqual([entry]);
    expectSameView(before, files());
    expect((await runMain('flush', ...overlayWords(place, INDEX))).code).toBe(0);
    expect(indexNames(place)).toEqual([]);
    expectSameView(before, files());
  });

  test('mounted-meanwhile: repair lets no entry go under the mount', async () => {
    const place = overlayWith(directory());
    for (const name of ['A', 'B', 'd/C']) {
      rmSync(join(place.lowers[0] as string, name));
      writeFileSync(join(place.lowers[0] as string, name), 'another file\n');
    }
    const [entry = ''] = indexNames(place);
    let mounted = false;
    interpose(({ name }, proceed) => {
      if (name === 'setxattr' && !mounted) {
        mounted = true;
        mountOverlay({ ...place, options: INDEX, target: place.merged });
      }
      return proceed();
    });
    const run = ['repair', '-y', ...overlayWords(place, INDEX)];
    const told = await runMain(...run).finally(() => interpose(undefined));
    unmount(place.merged);
    expect(told).toMatchObject({ code: 75, out: '', err: expect.stringContaining('of a live overlay') });
    expect(indexNames(place)).toEqual([entry]);
    expect((await runMain(...run)).code).toBe(0);
    expect(indexNames(place)).toEqual([]);
  });

  test('name-removed-meanwhile: flush keeps an entry whose names are not all there in the end', async () => {
    const place = overlayWith(directory());
    const outcome = await runWith(place, 'flush', () => rmSync(join(place.upper, 'A')));
    expectKept(place, outcome);
    expect(viewOf(place, INDEX).log).toEqual([]);
  });
});
