import { readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { apply } from '../../src/restore/apply.js';
import { plan } from '../../src/restore/plan.js';
import type { EntryState } from '../../src/scan/result.js';
import { scan } from '../../src/scan/scan.js';
import { ascii } from '../../src/sys/bytes.js';
import { type LoopImage, openLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { type OverlayPlace, overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { expectUsable } from '../support/overlay-use.js';
import { layersOf, viewOf, wrongLinkCounts } from '../support/overlay-verifier.js';
import type { Goal } from '../support/restore-union.js';
import { statesOf } from '../support/restore-union.js';
import { groupsOf, snapshot } from '../support/tree.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const captures = fileURLToPath(new URL('../../fixtures/overlay', import.meta.url));
const OLD = 'lowerdata\n';
const NEW = 'lowerdata\nX\n';

interface Capture {
  readonly name: string;
  readonly options?: readonly string[];
  /** State and missing names of each index entry. */
  readonly entries: readonly (readonly [EntryState, ...string[]])[];
  /** Whether `check` has more to say than a note. */
  readonly troubled: boolean;
  /** Groups that a mount shows after either goal, with their content. */
  readonly shows: readonly (readonly [content: string, ...names: string[]])[];
  /** The kernel, left alone, loses data or refuses the mount: its view is no reference. */
  readonly kernelFails?: 'refuses' | 'loses';
  /** What a person must still remove before the kernel mounts it. */
  readonly inTheWay?: (place: OverlayPlace) => void;
}

const healthy = {
  entries: [['restorable', 'B', 'd/C']],
  troubled: false,
  shows: [[NEW, 'A', 'B', 'd/C']],
} as const;

const table: readonly Capture[] = [
  { name: 'k0-healthy', ...healthy },
  { name: 'k0-healthy-xfs', ...healthy },
  { name: 'k1a-orphan-leaked-stale-nlink', entries: [['orphan']], troubled: true, shows: [] },
  { name: 'k1b-orphan-U-1', entries: [['orphan']], troubled: true, shows: [] },
  {
    name: 'k2-lower-nlink1-data-in-index-only',
    entries: [['restorable', 'B'], ['temporary']],
    troubled: true,
    shows: [[NEW, 'B']],
    kernelFails: 'loses',
  },
  {
    name: 'k4-lower-replaced',
    entries: [['stale']],
    troubled: true,
    shows: [
      [NEW, 'A'],
      ['NEWLOWER\n', 'B', 'd/C'],
    ],
  },
  {
    name: 'k5-upper-copied-no-H',
    entries: [['restorable', 'B', 'd/C']],
    troubled: true,
    shows: [
      [NEW, 'A'],
      [NEW, 'B', 'd/C'],
    ],
  },
  {
    name: 'k9-junk-index-name',
    entries: [['junk'], ['restorable', 'B', 'd/C']],
    troubled: true,
    shows: [[NEW, 'A', 'B', 'd/C']],
    kernelFails: 'refuses',
    inTheWay: ({ work }) => unlinkSync(join(work, 'index/junk')),
  },
  {
    name: 'k16-index-missing',
    entries: [],
    troubled: true,
    shows: [
      [NEW, 'A'],
      [OLD, 'B', 'd/C'],
    ],
  },
  {
    name: 'k18-indexoff-broken-hardlinks',
    entries: [],
    troubled: true,
    shows: [
      ['lowerdata\nX\n', 'A'],
      [OLD, 'B'],
      [OLD, 'd/C'],
    ],
  },
  {
    name: 'k20-metacopy',
    options: ['metacopy=on', 'redirect_dir=on'],
    ...healthy,
    shows: [[OLD, 'A', 'B', 'd/C']],
  },
  {
    name: 'k21-redirect-dir',
    options: ['redirect_dir=on'],
    entries: [['restorable', 'B', 'dd/C']],
    troubled: false,
    shows: [[NEW, 'A', 'B', 'dd/C']],
  },
  {
    name: 'k22-opaque-dir',
    entries: [['restorable', 'B'], ['temporary']],
    troubled: false,
    shows: [[NEW, 'A', 'B']],
  },
  {
    name: 'k26-special-files',
    entries: [
      ['restorable', 'n2'],
      ['restorable', 'p2'],
      ['restorable', 's2'],
    ],
    troubled: false,
    shows: [],
  },
  { name: 'k28-reference-after-relink', ...healthy, entries: [['complete']] },
  { name: 'k29-reference-after-flush', ...healthy, entries: [] },
];

const images: LoopImage[] = [];
const disposeImages = (): void => {
  for (const image of images.splice(0)) image.dispose();
};
afterEach(disposeImages);

function open(name: string): OverlayPlace {
  // Two copies of one xfs cannot be mounted at a time: they have the same UUID.
  disposeImages();
  const image = openLoopImage(join(captures, `${name}.img.gz`));
  images.push(image);
  return overlayPlace(image.mountpoint);
}

describeKernel('captured overlay images', ['root', 'loop', 'kmsg', 'overlay', 'ext4', 'xfs'], () => {
  describe.each(table)('$name', (capture) => {
    const options = ['index=on', ...(capture.options ?? [])];

    test('the scan gives its verdict and changes nothing', async () => {
      const place = open(capture.name);
      const before = layersOf(place);
      const found = await scan(overlayUnion(place, options), { thorough: true });
      expect(statesOf(found)).toEqual(capture.entries.map((entry) => [...entry]).sort());
      expect(found.findings.some(({ severity }) => severity !== 'note')).toBe(capture.troubled);
      const atRisk = found.entries.filter((entry) => entry.atRisk && entry.state === 'restorable');
      expect(atRisk.length > 0).toBe(capture.kernelFails === 'loses');
      const after = layersOf(place);
      expectSameTree([...before.own, ...before.lowers], [...after.own, ...after.lowers]);
    });

    test.each(['restore', 'flush'] as const)('%s leaves a mount that shows whole groups', async (goal) => {
      const reference = capture.kernelFails === undefined ? viewOf(open(capture.name), options) : undefined;
      const place = open(capture.name);
      const union = overlayUnion(place, options);
      const lowers = layersOf(place).lowers;
      const found = await scan(union);
      await apply(plan(found, goal));

      expectSameTree(lowers, layersOf(place).lowers);
      await expectNothingLeftToDo(place, options, goal);
      capture.inTheWay?.(place);
      const view = viewOf(place, options);
      expect(view.log.filter((line) => !reference?.log.includes(line))).toEqual([]);
      if (reference !== undefined) expectSameView(reference.tree, view.tree);
      expect(wrongLinkCounts(view.tree, found.entries, place)).toEqual([]);
      expectShown(place, options, capture.shows);
      expectUsable(place, options, found);
    });
  });
});

async function expectNothingLeftToDo(
  place: OverlayPlace,
  options: readonly string[],
  goal: Goal,
): Promise<void> {
  const done = layersOf(place);
  const again = await apply(plan(await scan(overlayUnion(place, options)), goal));
  expect([again.linksRestored, again.entriesRemoved]).toEqual([0, 0]);
  expectSameTree(done.own, layersOf(place).own);
}

function expectShown(place: OverlayPlace, options: readonly string[], shows: Capture['shows']): void {
  whileMounted(place, options, (view) => {
    const groups = [...groupsOf(snapshot(view.root)).values()];
    for (const [content, ...names] of shows) {
      expect(groups).toContainEqual(names);
      for (const name of names) expect(readFileSync(view.at(ascii(name)), 'latin1')).toBe(content);
    }
  });
}
