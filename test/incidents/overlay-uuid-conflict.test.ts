import { linkSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { scan } from '../../src/scan/scan.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import { resolveTarget } from '../../src/union/target.js';
import { command } from '../support/command.js';
import { type LoopImage, makeLoopImage, openLoopImage, packLoopImage } from '../support/loop-image.js';
import { json, whileMountedAsync } from '../support/mounted-restore.js';
import { append, describeIncidents } from '../support/overlay-incident.js';
import { overlayOptions } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { layersOf, viewOf } from '../support/overlay-verifier.js';
import { runGoal, statesOf } from '../support/restore-union.js';
import { runMain } from '../support/run-main.js';
import { tempDir } from '../support/temp-dir.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const INDEX = ['index=on'];

const made: { dispose(): void }[] = [];
const kept = <T extends { dispose(): void }>(each: T): T => {
  made.push(each);
  return each;
};

/** `A<number>` and `B<number>` are one file. */
function group(directory: string, number: number, content: string): void {
  writeFileSync(join(directory, `A${number}`), content);
  linkSync(join(directory, `A${number}`), join(directory, `B${number}`));
}

function squashfs(number: number): string {
  const source = tempDir('source');
  try {
    group(source.path, number, `${number}\n`);
    return kept(packLoopImage('squashfs', source.path)).mountpoint;
  } finally {
    source.dispose();
  }
}

/** A copy of a whole image, UUID, inode numbers and generations included. */
function cloneOf(image: LoopImage): string {
  const copy = kept(tempDir('clone'));
  const gzip = join(copy.path, 'clone.gz');
  command('bash', '-c', 'sync; gzip -1 <"$1" >"$2"', 'bash', image.image, gzip);
  return kept(openLoopImage(gzip)).mountpoint;
}

/** Two lowers whose groups have one handle: `A0` and `B0` in the first, `A1` and `B1` in the second. */
const pairs = {
  'without a UUID': () => [squashfs(0), squashfs(1)] as const,
  'one a copy of the other': () => {
    const image = kept(makeLoopImage('ext4'));
    group(image.mountpoint, 0, '0\n');
    image.remount();
    const clone = cloneOf(image);
    writeFileSync(join(clone, 'A0'), '1\n');
    for (const name of ['A', 'B']) renameSync(join(clone, `${name}0`), join(clone, `${name}1`));
    return [image.mountpoint, clone] as const;
  },
};
const kinds = Object.keys(pairs) as (keyof typeof pairs)[];

/** An entry of `A0` is made over the first lower; then the second comes below it. */
function addedBelow(root: string, kind: keyof typeof pairs): { alone: OverlayPlace; both: OverlayPlace } {
  const [own, added] = pairs[kind]();
  const alone = overlayPlace(root, [own]);
  whileMounted(alone, INDEX, (view) => append(view, 'A0'));
  return { alone, both: { ...alone, lowers: [own, added] } };
}

const optionsOf = (place: OverlayPlace): string[] => ['-o', overlayOptions(place)];

/** What the kernel makes of `index=on`. */
async function keepsIndex(place: OverlayPlace, options: readonly string[] = INDEX): Promise<boolean> {
  return whileMountedAsync(place, options, async () => {
    const union = resolveTarget({ mountpoint: bytesFromText(place.merged) });
    return union.format === 'overlay' && union.options.index === true;
  });
}

describeIncidents(
  'lower file systems that share a UUID',
  ['ext4', 'btrfs'],
  (directory) => {
    afterEach(() => {
      for (const each of made.splice(0).reverse()) each.dispose();
    });

    const commands = [
      ['restore'],
      ['flush'],
      ['flush', '-n'],
      ['prune'],
      ['repair', '-y'],
      ['repair', '-y', '--rejoin'],
    ];
    test.each(kinds)('uuid-conflict, %s: no command changes anything, and each says why', async (kind) => {
      const { both } = addedBelow(directory(), kind);
      expect(await keepsIndex(both)).toBe(false);
      const view = viewOf(both, INDEX).tree;
      const before = layersOf(both);
      for (const words of commands) {
        const { code, out, err } = await runMain(...words, ...optionsOf(both));
        expect([words, code]).toEqual([words, words[0] === 'repair' ? 4 : 8]);
        expect(`${out}${err}`).toContain(`${both.lowers[0]} and ${both.lowers[1]} are two file systems with`);
      }
      const after = layersOf(both);
      expectSameTree([...before.own, ...before.lowers], [...after.own, ...after.lowers]);
      expectSameView(view, viewOf(both, INDEX).tree);
    });

    test.each(kinds)('uuid-conflict, %s: list and check show no name to be put back', async (kind) => {
      const { both } = addedBelow(directory(), kind);
      for (const [words, exitCode] of [
        ['list', 0],
        ['check', 4],
      ] as const) {
        expect(await json(words, ...optionsOf(both))).toMatchObject({
          exitCode,
          entries: [{ state: 'foreign', names: ['A0'], missing: [] }],
          findings: expect.arrayContaining([
            expect.objectContaining({ code: 'uuid-conflict', severity: 'error' }),
          ]),
        });
      }
    });

    test.each(kinds)('uuid-conflict, %s, mounted: told, and no flush advised', async (kind) => {
      const { both } = addedBelow(directory(), kind);
      await whileMountedAsync(both, INDEX, async () => {
        const before = layersOf(both);
        for (const [words, expected] of [
          ['list', 0],
          ['check', 4],
        ] as const) {
          const { code, out } = await runMain(words, both.merged);
          expect(code).toBe(expected);
          expect(out).toContain('[uuid-conflict]');
          expect(out).toContain('once it is unmounted, give only the lowers that the entries were made over');
          expect(out).not.toMatch(/next:|plinkctl (flush|restore)/);
        }
        for (const words of [['restore'], ['flush'], ['flush', '--dry-run']]) {
          const { code, out } = await runMain(...words, '--json', both.merged);
          expect([code, JSON.parse(out).error.code]).toEqual([8, 'uuid-conflict']);
        }
        const after = layersOf(both);
        expectSameTree([...before.own, ...before.lowers], [...after.own, ...after.lowers]);
      });
    });

    test.each(kinds)(
      'uuid-conflict, %s: the lowers that the entries were made over are flushed',
      async (kind) => {
        const { alone, both } = addedBelow(directory(), kind);
        const { lowers } = layersOf(both);
        expect(await json('flush', ...optionsOf(alone))).toMatchObject({
          exitCode: 0,
          summary: { entriesRemoved: 1 },
        });
        const inode = (name: string): number => statSync(join(both.upper, name)).ino;
        expect(inode('B0')).toBe(inode('A0'));
        expectSameTree(lowers, layersOf(both).lowers);
        whileMounted(both, INDEX, ({ root }) => {
          const read = (name: string): string => readFileSync(join(root, name), 'latin1');
          expect(['A0', 'B0', 'A1', 'B1'].map(read)).toEqual(['0\nX\n', '0\nX\n', '1\n', '1\n']);
        });
      },
    );

    test.each(kinds)('uuid-conflict, %s: without an entry there is nothing to be refused', async (kind) => {
      const place = overlayPlace(directory(), pairs[kind]());
      whileMounted(place, INDEX, (view) => {
        append(view, 'A0');
        append(view, 'A1');
      });
      const before = layersOf(place);
      expect(await json('flush', ...optionsOf(place))).toMatchObject({ exitCode: 0, entries: [] });
      // A0 and A1 are torn off groups of their own, and no group of four: nothing tells even that.
      expect(await json('check', ...optionsOf(place))).toMatchObject({ exitCode: 0, findings: [] });
      await runMain('repair', '-y', '--unbreak', 'A0', ...optionsOf(place));
      const after = layersOf(place);
      expectSameTree([...before.own, ...before.lowers], [...after.own, ...after.lowers]);
    });

    test('uuid-conflict: a mount with uuid=off, and a copy of its file system that comes below', async () => {
      const image = kept(makeLoopImage('ext4'));
      const lower = join(image.mountpoint, 'lower');
      const place = overlayPlace(image.mountpoint, [lower]);
      group(lower, 0, '0\n');
      image.remount();
      const clone = cloneOf(image);
      for (const name of ['A', 'B']) renameSync(join(clone, `lower/${name}0`), join(clone, `lower/${name}1`));
      whileMounted(place, [...INDEX, 'uuid=off'], (view) => append(view, 'A0'));
      expect(statesOf(await scan(overlayUnion(place, ['uuid=off'])))).toEqual([['restorable', 'B0']]);
      const both = { ...place, lowers: [lower, join(clone, 'lower')] };
      expect(await keepsIndex(both, [...INDEX, 'uuid=off'])).toBe(false);
      const before = layersOf(both);
      await expect(runGoal(overlayUnion(both, ['uuid=off']), 'flush')).rejects.toMatchObject({
        code: 'uuid-conflict',
      });
      expectSameTree(before.own, layersOf(both).own);
    });

    test('uuid-conflict: as the kernel has it', async () => {
      const [one, two] = [squashfs(0), squashfs(1)];
      const image = kept(makeLoopImage('ext4'));
      image.remount();
      const [own, clone] = [image.mountpoint, cloneOf(image)];
      const btrfs = directory('btrfs');
      for (const each of ['v1', 'v2']) command('btrfs', 'subvolume', 'create', join(btrfs, each));
      const onUpper = (root: string): string => join(root, 'lower');
      const stacks: readonly (readonly [boolean, (root: string) => string[]])[] = [
        [true, () => [one]],
        [true, (root) => [onUpper(root), one]],
        [true, (root) => [one, onUpper(root), own]],
        [true, () => [join(btrfs, 'v1'), join(btrfs, 'v2')]],
        [true, (root) => [onUpper(root), '', one, '', two]],
        [true, () => [one, '', two]],
        [true, () => [own, '', clone]],
        [false, () => [one, two]],
        [false, (root) => [onUpper(root), two, one]],
        [false, () => [own, one, clone]],
      ];
      for (const [kept, lowersIn] of stacks) {
        const root = directory();
        mkdirSync(onUpper(root));
        writeFileSync(join(root, 'lower/F'), 'F\n');
        linkSync(join(root, 'lower/F'), join(root, 'lower/G'));
        // With metacopy a data-only lower is one.
        const place = overlayPlace(
          root,
          lowersIn(root).filter((lower) => lower !== ''),
        );
        const stack = { ...place, lowers: lowersIn(root) };
        expect([stack.lowers, await keepsIndex(stack, [...INDEX, 'metacopy=on'])]).toEqual([
          stack.lowers,
          kept,
        ]);
        mkdirSync(join(place.work, 'index'), { recursive: true });
        writeFileSync(join(place.work, 'index/00'), '');
        const { blocked } = await scan(overlayUnion(stack, INDEX));
        expect([stack.lowers, blocked?.code !== 'uuid-conflict']).toEqual([stack.lowers, kept]);
      }
    });

    test('uuid-conflict: a lower on the upper’s own file system, below its copy, is refused as well', async () => {
      const image = kept(makeLoopImage('ext4'));
      const lower = join(image.mountpoint, 'lower');
      const place = overlayPlace(image.mountpoint, [lower]);
      group(lower, 0, '0\n');
      image.remount();
      const clone = join(cloneOf(image), 'lower');
      for (const name of ['A', 'B']) renameSync(join(clone, `${name}0`), join(clone, `${name}1`));
      const both = { ...place, lowers: [clone, lower] };
      // The kernel does not compare it, and its own index joins the two groups.
      expect(await keepsIndex(both)).toBe(true);
      whileMounted(both, INDEX, (view) => append(view, 'A1'));
      const before = layersOf(both);
      await expect(runGoal(overlayUnion(both, INDEX), 'flush')).rejects.toMatchObject({
        code: 'uuid-conflict',
      });
      expectSameTree(before.own, layersOf(both).own);
    });
  },
  ['squashfs'],
);
