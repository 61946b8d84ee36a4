import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ascii } from '../../src/sys/bytes.js';
import { type LoopImage, openLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { layersOf, viewOf } from '../support/overlay-verifier.js';
import { keepingEveryByte, overlayWords, readLinks, runRepair, troubles } from '../support/repair-run.js';
import { groupsOf, snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const captures = fileURLToPath(new URL('../../fixtures/overlay', import.meta.url));
const OLD = 'lowerdata\n';
const NEW = 'lowerdata\nX\n';

interface Remedy {
  readonly name: string;
  readonly options?: readonly string[];
  /** Codes above a note, sorted. */
  readonly found: readonly string[];
  /** Options of `repair`, beside `-y`; `RESCUE` stands for a directory. */
  readonly repair: readonly string[];
  /** Codes above a note that stay. */
  readonly left: readonly string[];
  readonly shows: readonly (readonly [content: string, ...names: string[]])[];
}

const whole = [[NEW, 'A', 'B', 'd/C']] as const;

const table: readonly Remedy[] = [
  { name: 'k0-healthy', found: [], repair: [], left: [], shows: whole },
  {
    name: 'k1a-orphan-leaked-stale-nlink',
    found: ['orphan'],
    repair: ['--rescue', 'RESCUE'],
    left: [],
    shows: [],
  },
  { name: 'k1b-orphan-U-1', found: ['orphan'], repair: ['--rescue', 'RESCUE'], left: [], shows: [] },
  {
    name: 'k2-lower-nlink1-data-in-index-only',
    found: ['only-copy-at-risk'],
    repair: [],
    left: [],
    shows: [[NEW, 'B']],
  },
  {
    name: 'k4-lower-replaced',
    found: ['stale'],
    repair: [],
    left: [],
    shows: [
      [NEW, 'A'],
      ['NEWLOWER\n', 'B', 'd/C'],
    ],
  },
  { name: 'k5-upper-copied-no-H', found: ['detached-twin'], repair: ['--rejoin'], left: [], shows: whole },
  {
    name: 'k5-upper-copied-no-H',
    found: ['detached-twin'],
    repair: [],
    left: ['detached-twin'],
    shows: [
      [NEW, 'A'],
      [NEW, 'B', 'd/C'],
    ],
  },
  {
    name: 'k9-junk-index-name',
    found: ['junk-name'],
    repair: ['--rescue', 'RESCUE'],
    left: [],
    shows: whole,
  },
  { name: 'k10-no-origin-xattr', found: ['origin-missing'], repair: [], left: [], shows: whole },
  { name: 'k16-index-missing', found: ['index-missing'], repair: ['--rejoin'], left: [], shows: whole },
  {
    name: 'k18-indexoff-broken-hardlinks',
    found: ['broken-group', 'broken-group'],
    repair: ['--unbreak', 'A', '--rescue', 'RESCUE'],
    left: [],
    shows: [['lowerdata\nX\n', 'A', 'B', 'd/C']],
  },
  {
    name: 'k18-indexoff-broken-hardlinks',
    found: ['broken-group', 'broken-group'],
    repair: ['--unbreak', '/d/C', '--rescue', 'RESCUE'],
    left: [],
    shows: [[OLD, 'A', 'B', 'd/C']],
  },
  {
    name: 'k24-userxattr-failed-copyup-unmountable',
    options: ['userxattr'],
    found: ['failed-copy-up'],
    repair: [],
    left: [],
    shows: [],
  },
  { name: 'k28-reference-after-relink', found: [], repair: [], left: [], shows: whole },
  { name: 'k29-reference-after-flush', found: [], repair: [], left: [], shows: whole },
];

const images: LoopImage[] = [];
afterEach(() => {
  for (const image of images.splice(0)) image.dispose();
});

function open(name: string): { place: OverlayPlace; rescue: string } {
  const image = openLoopImage(join(captures, `${name}.img.gz`));
  images.push(image);
  return { place: overlayPlace(image.mountpoint), rescue: join(image.mountpoint, 'rescue') };
}

describeKernel('repair of captured overlay images', ['root', 'loop', 'kmsg', 'overlay', 'ext4'], () => {
  describe.each(table)('$name, repair $repair', ({ name, options = [], found, repair, left, shows }) => {
    const indexed = ['index=on', ...options];

    test('check tells, and a run without an answer changes nothing', async () => {
      const { place } = open(name);
      const before = layersOf(place);
      const words = overlayWords(place, indexed);
      const checked = await runRepair(['check', ...words]);
      expect(troubles(checked).sort()).toEqual(found);
      expect(checked.exitCode).toBe(found.length > 0 ? 4 : 0);
      const dry = await runRepair(['repair', '--dry-run', ...words]);
      expect(troubles(dry).sort()).toEqual(found);
      const silent = await runRepair(['repair', '--rejoin', '--unbreak', 'A', ...words]);
      expect(silent.exitCode).toBe(found.length > 0 ? 4 : 0);
      expectSameTree(before.own, layersOf(place).own, { unless: readLinks });
    });

    test('the remedy is taken, loses nothing, and the kernel mounts it', async () => {
      const { place, rescue } = open(name);
      const words = overlayWords(place, indexed);
      const decisions = repair.map((word) => (word === 'RESCUE' ? rescue : word));
      const done = await keepingEveryByte(place, rescue, () =>
        runRepair(['repair', '-y', ...decisions, ...words]),
      );
      expect(troubles(done)).toEqual(left);
      const undone = done.repairs.filter(
        ({ code, done: mended }) => !mended && troubles(done).includes(code),
      );
      expect(undone.map(({ code }) => code)).toEqual(left);
      expect(done.exitCode).toBe(left.length > 0 ? 4 : 0);

      const settled = layersOf(place);
      await runRepair(['repair', '-y', ...decisions, ...words]);
      expectSameTree(settled.own, layersOf(place).own);

      const view = viewOf(place, indexed);
      expect(view.log).toEqual([]);
      whileMounted(place, indexed, (mounted) => {
        const groups = [...groupsOf(snapshot(mounted.root)).values()];
        for (const [content, ...names] of shows) {
          expect(groups).toContainEqual(names);
          for (const each of names) {
            expect(readFileSync(mounted.at(ascii(each)), 'latin1')).toBe(content);
            // A file that is the lower's alone shows the lower's count, covered names too.
            if (content === 'NEWLOWER\n') continue;
            expect(view.tree.find(({ path }) => path === each)?.nlink).toBe(String(names.length));
          }
        }
      });
      expect(troubles(await runRepair(['check', ...words]))).toEqual(left);
    });
  });
});
