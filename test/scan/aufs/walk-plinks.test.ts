import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { readPlinks } from '../../../src/scan/aufs/aufs-index.js';
import { UpperPlinkNames } from '../../../src/scan/aufs/aufs-upper-names.js';
import { LowerNotes } from '../../../src/scan/aufs/lower-notes.js';
import { LowerPlinkNames } from '../../../src/scan/aufs/lower-plink-names.js';
import { PlinkFiles } from '../../../src/scan/aufs/plink-files.js';
import { walkPlinks } from '../../../src/scan/aufs/walk-plinks.js';
import { openLayers } from '../../../src/scan/open-layers.js';
import { scan } from '../../../src/scan/scan.js';
import { interpose } from '../../../src/sys/seam.js';
import { AufsScene, disposeScenes } from '../../support/aufs-scene.js';

disposeScenes();
afterEach(() => interpose(undefined));

const A = 'the text of the first group\n';
const B = 'something else for the second one\n';
const EIO = 5;

/** A group with names beside the changed one, in other directories that the upper has, and far away. */
function groupEverywhere(): AufsScene {
  const scene = new AufsScene();
  scene.file(scene.lower, ['A', 'beside', 'd/other', 'd/white', 'far/away/last'], A);
  scene.file(scene.lower, ['B', 'd/B2'], B);
  scene.file(scene.upper, ['A'], `${A}more\n`);
  scene.file(scene.upper, ['d/of-the-upper'], B);
  scene.white('d/white');
  scene.plink('A');
  return scene;
}

/** The names that one walk, or two, find of the lower file under the one entry's name. */
async function namesBy(scene: AufsScene, notes: LowerNotes | undefined): Promise<unknown> {
  const layers = openLayers(scene.union);
  const files = new PlinkFiles(layers.all);
  try {
    const plinks = layers.all.filter(({ role }) => role === 'upper').flatMap(readPlinks);
    const upper = new UpperPlinkNames(layers.all, plinks, files, false, notes);
    const origins = (): LowerPlinkNames =>
      new LowerPlinkNames(
        layers.all,
        plinks.flatMap((plink) =>
          upper.of(plink).flatMap(({ namesake }) => (namesake ? [{ ...namesake, upper: plink.branch }] : [])),
        ),
      );
    const progress = { directories: 0, names: 0 };
    const lower = await walkPlinks(layers.roots, upper, notes, async () => origins(), {}, progress);
    const [name] = plinks.flatMap((plink) => upper.of(plink));
    const found = name?.namesake === undefined ? undefined : lower.of(name.namesake);
    return {
      visible: found?.visible.map(({ path }) => path).sort(),
      seen: found?.seen,
      directories: lower.directories.flatMap(({ list }) => list.map(({ path }) => path)),
    };
  } finally {
    files.close();
    layers.close();
  }
}

describe('names of lower files that are met before these are known', () => {
  test.each([
    ['are noted', () => new LowerNotes()],
    ['are too many to be noted', () => new LowerNotes(0)],
    ['are not noted', () => undefined],
  ])('%s: the same are found', async (_, notes) => {
    expect(await namesBy(groupEverywhere(), notes())).toEqual({
      visible: ['beside', 'd/other', 'far/away/last'],
      seen: 5,
      directories: ['far', 'far/away'],
    });
  });

  test('a directory that is gone when its names are wanted is told of, and gets none', async () => {
    const scene = groupEverywhere();
    let opened = 0;
    interpose(({ name, path }, proceed) => {
      // That of the upper, that of the lower, and this once more.
      if (name === 'openat2' && path === 'd' && ++opened === 3)
        rmSync(join(scene.lower.root, 'd'), { recursive: true });
      return proceed();
    });
    const { entries, unreadable } = await scan(scene.union);
    expect(unreadable).toContainEqual({ path: 'd', branch: 1, code: 'ENOENT' });
    expect(entries.flatMap(({ missing }) => missing.map(({ path }) => path))).not.toContain('d/other');
  });

  test('names in a lower branch above the upper one are told of an entry that nothing proves', async () => {
    const scene = new AufsScene(['ro', 'rw']);
    const [top, upper] = scene.branches as [AufsScene['upper'], AufsScene['upper']];
    scene.file(top, ['C', 'D'], A);
    scene.file(upper, ['new'], `${A}more\n`);
    scene.plink('new', 11, upper);
    const [entry] = (await scan(scene.union)).entries;
    expect(entry?.evidence.at(-1)).toMatch(/^perhaps \/C, \/D \(/);
  });

  test('a name that cannot be looked at hides no whiteout beside it', async () => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['C', 'D'], A);
    scene.file(scene.lower, ['B', 'B2'], B);
    scene.file(scene.upper, ['new'], `${A}more\n`);
    scene.file(scene.upper, ['B'], `${B}more\n`);
    scene.white('C');
    scene.plink('new', 11);
    scene.plink('B', 12);
    interpose(({ name, path }, proceed) => (name === 'statx' && path === 'B' ? -EIO : proceed()));
    const { entries, unreadable } = await scan(scene.union);
    expect(unreadable).not.toEqual([]);
    expect(entries.flatMap(({ evidence }) => evidence).join('\n')).toContain('removed: /C');
  });

  test('a lower directory that cannot be opened is told of, though every name was met before', async () => {
    const scene = new AufsScene();
    scene.file(scene.lower, ['A', 'beside', 'shut/other'], A);
    scene.file(scene.upper, ['A', 'beside'], `${A}more\n`);
    scene.plink('A');
    rmSync(scene.lower.at('shut/other' as never));
    interpose(({ name, path }, proceed) => (name === 'openat2' && path === 'shut' ? -EIO : proceed()));
    const { unreadable } = await scan(scene.union);
    expect(unreadable).toContainEqual({ path: 'shut', branch: 1, code: 'EIO' });
  });
});
