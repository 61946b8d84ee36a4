import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { bytesFromText } from '../../src/sys/bytes.js';
import { resolveTarget } from '../../src/union/target.js';
import { command } from '../support/command.js';
import { json, whileMountedAsync } from '../support/mounted-restore.js';
import { append, commonLower, describeIncidents } from '../support/overlay-incident.js';
import { overlayOptions } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { layersOf, viewOf } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import { groupsOf, snapshot } from '../support/tree.js';
import { differences, expectSameTree, expectSameView } from '../support/tree-diff.js';

const INDEX = ['index=on'];

const optionsOf = (place: OverlayPlace): string[] => ['-o', overlayOptions(place)];

/** Runs `body` while a tmpfs is mounted on a directory. */
async function withTmpfsOn(directory: string, body: () => Promise<void>): Promise<void> {
  mkdirSync(directory, { recursive: true });
  command('mount', '-t', 'tmpfs', 'tmpfs', directory);
  try {
    await body();
  } finally {
    command('umount', directory);
  }
}

/**
 * A whole mounted view but for the names that the kernel refuses to look up: mode, owner and time of each name, content
 * and size of each file. The link count is the kernel's own, which counts names in there.
 */
function viewWithout(refused: string): (place: OverlayPlace) => string[] {
  return (place) =>
    whileMounted(place, INDEX, ({ root }) => {
      const find = (...words: string[]): string[] => {
        const all = ['.', '-path', `./${refused}`, '-prune', '-o', ...words];
        // It cannot look at what it is to leave out, and says so.
        return spawnSync('find', all, { cwd: root, encoding: 'latin1' }).stdout.split('\n').sort();
      };
      return [
        ...find('-type', 'd', '-printf', '%p %m %U:%G\n'),
        ...find('!', '-type', 'd', '-printf', '%p %y %m %U:%G %s %T@\n'),
        ...find('-type', 'f', '-exec', 'sha256sum', '{}', '+'),
      ];
    });
}

describeIncidents('layers that lie inside of one another', ['ext4', 'tmpfs'], (directory) => {
  test('an upper on a file system that is mounted inside of the lower is flushed', async () => {
    const root = directory();
    const lower = join(root, 'lower');
    await withTmpfsOn(join(lower, 'tm'), async () => {
      const inside = overlayPlace(join(lower, 'tm'), [lower]);
      commonLower(new Place(lower));
      whileMounted(inside, INDEX, (view) => append(view, 'A'));
      const before = {
        view: viewOf(inside, INDEX).tree,
        ...layersOf({ ...inside, lowers: [join(lower, 'd')] }),
      };
      expect(await json('check', ...optionsOf(inside))).toMatchObject({
        entries: [{ missing: ['B', 'd/C'] }],
      });
      expect(await json('flush', ...optionsOf(inside))).toMatchObject({
        exitCode: 0,
        summary: { linksRestored: 2, entriesRemoved: 1 },
      });
      expect([...groupsOf(snapshot(inside.upper)).values()]).toEqual([['A', 'B', 'd/C']]);
      expectSameView(before.view, viewOf(inside, INDEX).tree);
      expectSameTree(before.lowers, layersOf({ ...inside, lowers: [join(lower, 'd')] }).lowers);
    });
  });

  test('a lower on a file system that is mounted inside of a lower is flushed', async () => {
    const root = directory();
    const top = join(root, 'top');
    await withTmpfsOn(join(top, 'mnt'), async () => {
      const place = overlayPlace(root, [top, join(top, 'mnt')]);
      commonLower(new Place(top));
      writeFileSync(join(top, 'mnt/E'), 'below\n');
      linkSync(join(top, 'mnt/E'), join(top, 'mnt/F'));
      whileMounted(place, INDEX, (view) => {
        append(view, 'A');
        append(view, 'E');
      });
      const view = viewOf(place, INDEX).tree;
      const before = layersOf(place);
      expect(await json('flush', ...optionsOf(place))).toMatchObject({
        exitCode: 0,
        summary: { linksRestored: 3, entriesRemoved: 2 },
      });
      expect([...groupsOf(snapshot(place.upper)).values()]).toEqual([
        ['A', 'B', 'd/C'],
        ['E', 'F'],
      ]);
      expectSameView(view, viewOf(place, INDEX).tree);
      expectSameTree(before.lowers, layersOf(place).lowers);
    });
  });

  /** Upper and work lie in `up` of the lower; `up/C` is a name of the group, `up/work/D` one that no mount shows. */
  function insideOfLower(root: string): OverlayPlace {
    const lower = join(root, 'lower');
    mkdirSync(lower);
    const inside = overlayPlace(join(lower, 'up'), [lower]);
    const place = { ...inside, merged: join(root, 'merged') };
    mkdirSync(place.merged);
    commonLower(new Place(lower));
    for (const name of ['up/E', 'up/work/D']) linkSync(join(lower, 'A'), join(lower, name));
    whileMounted(place, INDEX, (view) => append(view, 'A'));
    return place;
  }

  test.each(['upper', 'work'])('the kernel shows no %s directory that lies inside of the lower', (name) => {
    whileMounted(insideOfLower(directory()), INDEX, ({ root }) => {
      expect(() => snapshot(join(root, 'up', name))).toThrow(/ELOOP|symbolic link/);
    });
  });

  test.each(['restore', 'flush'])(
    '%s: nothing in an upper inside of its lower is a lower file',
    async (goal) => {
      const place = insideOfLower(directory());
      const [lower] = place.lowers as [string];
      const view = viewWithout('up/[uw]*');
      const seen = view(place);
      expect(seen.filter((line) => /^[0-9a-f]{64} .*\.\/(A|B|d\/C|up\/E)$/.test(line))).toHaveLength(4);
      const others = () => snapshot(lower).filter(({ path }) => !/^up\/(upper|work)|^(up)?$/.test(path));
      const before = others();
      expect(await json('check', ...optionsOf(place))).toMatchObject({
        entries: [{ state: 'restorable', names: ['A'], missing: ['B', 'd/C', 'up/E'] }],
        findings: expect.not.arrayContaining([expect.objectContaining({ severity: 'error' })]),
      });
      expect(await json(goal, ...optionsOf(place))).toMatchObject({
        exitCode: 0,
        summary: { linksRestored: 3 },
      });
      const paths = snapshot(place.upper).map(({ path }) => path);
      expect(paths).toEqual(['', 'A', 'B', 'd', 'd/C', 'up', 'up/E']);
      expect(differences(before, others())).toEqual([]);
      expect(view(place)).toEqual(seen);
    },
  );

  test('restore through the mount of an upper inside of its lower', async () => {
    const place = insideOfLower(directory());
    await whileMountedAsync(place, INDEX, async () => {
      expect(await json('restore', place.merged)).toMatchObject({
        exitCode: 0,
        summary: { linksRestored: 3 },
      });
    });
    expect(await json('flush', ...optionsOf(place))).toMatchObject({
      exitCode: 0,
      summary: { linksRestored: 0, entriesRemoved: 1 },
    });
  });

  test('what the kernel refuses to mount is refused, and nothing else', async () => {
    const root = directory();
    await withTmpfsOn(join(root, 'l/tm'), async () => {
      for (const each of ['l/in', 'l/tm/in', 'l/tm/u', 'l/tm/w', 'u/in', 'w/in', 'l2', 'm'])
        mkdirSync(join(root, each), { recursive: true });
      const layouts: readonly (readonly [boolean, readonly string[], string, string])[] = [
        [true, ['l'], 'u', 'w'],
        [true, ['l', 'l/tm'], 'u', 'w'],
        [true, ['l', 'l/tm/in'], 'l/tm/u', 'l/tm/w'],
        [true, ['l/tm/in', 'l'], 'u', 'w'],
        [true, ['l'], 'l/u', 'l/w'],
        [true, ['l2', 'l'], 'l/u', 'l/w'],
        [true, ['l'], 'u', 'w'],
        [false, ['l', 'l/in'], 'u', 'w'],
        [false, ['l/in', 'l'], 'u', 'w'],
        [false, ['l2', '', 'l', '', 'l/in'], 'u', 'w'],
        [false, ['u/in'], 'u', 'w'],
        [false, ['w/in'], 'u', 'w'],
        [false, ['l2'], 'w/in', 'w'],
        [false, ['l2'], 'u', 'u/in'],
        [false, ['l2', 'u'], 'u', 'w'],
      ];
      const at = (path: string): string => (path === '' ? '' : join(root, path));
      for (const [mounts, lowers, upper, work] of layouts) {
        const place = { lowers: lowers.map(at), upper: at(upper), work: at(work), merged: at('m') };
        for (const each of [place.upper, place.work]) mkdirSync(each, { recursive: true });
        const told = JSON.stringify([lowers, upper, work]);
        // Without an index, so that no earlier layout's is in the way.
        const mounted = attempt(() => whileMounted(place, ['index=off'], () => true));
        const named = attempt(() => resolveTarget({ options: [bytesFromText(overlayOptions(place))] }));
        expect([told, mounted, named]).toEqual([told, mounts, mounts]);
      }
    });
  });

  function attempt(act: () => unknown): boolean {
    try {
      act();
      return true;
    } catch {
      return false;
    }
  }
});
