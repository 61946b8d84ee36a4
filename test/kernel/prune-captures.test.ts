import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ascii } from '../../src/sys/bytes.js';
import { type LoopImage, openLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { indexNames, layersOf, viewOf } from '../support/overlay-verifier.js';
import { runMain } from '../support/run-main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree, expectSameView } from '../support/tree-diff.js';

const captures = fileURLToPath(new URL('../../fixtures/overlay', import.meta.url));
const NEW = 'lowerdata\nX\n';

const opened: (LoopImage | TempDir)[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.dispose();
});

function open(name: string): OverlayPlace {
  const image = openLoopImage(join(captures, `${name}.img.gz`));
  opened.push(image);
  return overlayPlace(image.mountpoint);
}

function rescueDirectory(): string {
  const directory = tempDir('rescue');
  opened.push(directory);
  return directory.path;
}

const words = ({ upper, lowers, work }: OverlayPlace): string[] => [
  '--upper',
  upper,
  ...lowers.flatMap((lower) => ['--lower', lower]),
  '--work',
  work,
];

async function prune(place: OverlayPlace, ...options: string[]) {
  const { code, out } = await runMain('prune', '--json', ...options, ...words(place));
  return { code, report: JSON.parse(out) };
}

describeKernel('prune on captured overlay images', ['root', 'loop', 'kmsg', 'overlay', 'ext4'], () => {
  describe.each([
    ['k1a-orphan-leaked-stale-nlink', ['index=on']],
    ['k1b-orphan-U-1', ['index=on']],
  ])('%s: an orphan whose names were removed through the union', (name, options) => {
    test('goes without a rescue, frees its blocks, and the view stays as it was', async () => {
      const before = viewOf(open(name), options);
      for (const each of opened.splice(0)) each.dispose();
      const place = open(name);
      const lowers = layersOf(place).lowers;

      const { code, report } = await prune(place);

      expect([code, report.summary.entriesRemoved, report.summary.entriesKept]).toEqual([0, 1, 0]);
      expect(BigInt(report.summary.bytesFreed)).toBeGreaterThan(0n);
      expect(indexNames(place)).toEqual([]);
      expectSameTree(lowers, layersOf(place).lowers);
      const after = viewOf(place, options);
      expect(after.log).toEqual([]);
      expectSameView(before.tree, after.tree);
      expect((await prune(place)).report.summary.entriesRemoved).toBe(0);
    });

    test('a dry run tells of it and changes nothing', async () => {
      const place = open(name);
      const before = layersOf(place).own;
      const { code, report } = await prune(place, '--dry-run');
      expect([code, report.dryRun, report.entries[0].removed]).toEqual([0, true, true]);
      expectSameTree(before, layersOf(place).own);
    });

    test.each(['here', 'elsewhere'])('its data is in the rescue directory %s', async (where) => {
      const place = open(name);
      const [entry = ''] = indexNames(place);
      const source = join(place.work, 'index', entry);
      const data = readFileSync(source);
      const facts = snapshot(join(place.work, 'index')).find(({ path }) => path === entry);
      const rescue = where === 'here' ? join(place.upper, '../rescue') : join(rescueDirectory(), 'deep/down');

      const { code, report } = await prune(place, '--rescue', rescue);

      expect(code).toBe(0);
      expect(report.entries[0].rescued).toBe(join(rescue, entry));
      expect(readFileSync(join(rescue, entry))).toEqual(data);
      const kept = snapshot(rescue).find(({ path }) => path === entry);
      expect([kept?.mode, kept?.owner, kept?.mtime, kept?.xattrs]).toEqual([
        facts?.mode,
        facts?.owner,
        facts?.mtime,
        '',
      ]);
      const note = JSON.parse(readFileSync(join(rescue, `${entry}.json`), 'utf8'));
      expect(note).toMatchObject({ schema: 'plinkctl-rescue/1', entry, format: 'overlay', state: 'orphan' });
      expect(report.summary.bytesFreed === '0').toBe(where === 'here');
      expect(readdirSync(rescue).sort()).toEqual([entry, `${entry}.json`]);
    });
  });

  test.each([
    'k0-healthy',
    'k2-lower-nlink1-data-in-index-only',
    'k4-lower-replaced',
    'k5-upper-copied-no-H',
    'k9-junk-index-name',
    'k10-no-origin-xattr',
    'k16-index-missing',
    'k20-metacopy',
    'k22-opaque-dir',
    'k24-userxattr-failed-copyup-unmountable',
    'k26-special-files',
    'k28-reference-after-relink',
  ])('%s: nothing is pruned, and nothing else changes', async (name) => {
    const place = open(name);
    const before = layersOf(place);
    const { report } = await prune(place, '--min-age', '0', '--without-rescue');
    // Without its options k24 does not even tell which lower it belongs to.
    expect(report.error?.code ?? report.summary.entriesRemoved).toBe(
      name.startsWith('k24') ? 'no-origin' : 0,
    );
    const after = layersOf(place);
    expectSameTree([...before.own, ...before.lowers], [...after.own, ...after.lowers], { ignore: ['atime'] });
  });

  test('k2: the data is still there for a restore', async () => {
    const place = open('k2-lower-nlink1-data-in-index-only');
    await prune(place, '--min-age', '0', '--without-rescue');
    expect((await runMain('flush', ...words(place))).code).toBe(0);
    whileMounted(place, ['index=on'], (view) => {
      expect(readFileSync(view.at(ascii('B')), 'latin1')).toBe(NEW);
    });
  });
});
