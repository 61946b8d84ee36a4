import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { type LoopImage, openLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { keepingBytesOf, type RepairDocument, runRepair } from '../support/repair-run.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const fixture = fileURLToPath(new URL('../../fixtures/aufs/b', import.meta.url));

describeKernel('a map of names, of entries that nothing else proves', ['root', 'loop', 'ext4'], () => {
  const images: LoopImage[] = [];
  let temp: TempDir;
  let upper: string;
  let lower: string;
  let file: string;
  beforeEach(() => {
    temp = tempDir('map');
    file = join(temp.path, 'map');
    const open = (name: string): string => {
      const image = openLoopImage(join(fixture, `${name}.img.gz`));
      images.push(image);
      return image.mountpoint;
    };
    [upper, lower] = [open('upper-before'), open('lower')];
  });
  afterEach(() => {
    for (const image of images.splice(0)) image.dispose();
    temp.dispose();
  });

  const repair = (map: string, ...words: readonly string[]): Promise<RepairDocument> => {
    writeFileSync(file, map);
    return keepingBytesOf([upper], [lower], '', () =>
      runRepair(['repair', '--map', file, ...words, '-o', `br:${upper}=rw:${lower}=ro`]),
    );
  };
  const mapped = ({ repairs }: RepairDocument) =>
    repairs.filter(({ code }) => code === 'mapped').map(({ done, reason }) => [done, reason]);
  const entries = (): string[] => readdirSync(join(upper, '.wh..wh.plnk'));

  test('the only copy comes back under the names that were given', async () => {
    const [before] = [statSync(join(upper, '.wh..wh.plnk/11.15'))];
    const done = await repair('# after the crash\n11.15 fileB d/fileC\n', '-y');
    expect(mapped(done)).toEqual([[true, null]]);
    expect(entries()).not.toContain('11.15');
    for (const name of ['fileB', 'd/fileC']) {
      const { ino, nlink } = statSync(join(upper, name));
      expect([ino, nlink]).toEqual([before.ino, 2]);
    }
    expect(readFileSync(join(upper, 'd/fileC'), 'utf8')).toContain('NEW');
    const again = await repair('11.15 fileB d/fileC\n', '-y');
    expect(mapped(again)).toEqual([]);
  });

  test('a dry run tells what the run then does', async () => {
    const map = '11.15 fileB d/fileC\n13.20 anew\n14.21 g3b\n';
    const told = await repair(map, '-y', '--dry-run');
    expect(mapped(told)).toEqual([...Array(3)].map(() => [false, null]));
    const done = await repair(map, '-y');
    expect(mapped(done)).toEqual([...Array(3)].map(() => [true, null]));
    expect([told.exitCode, told.repairs.length]).toEqual([done.exitCode, done.repairs.length]);
  });

  test('a name that is given to two entries comes to neither', async () => {
    const map = '11.15 fileB d/fileC anew\n13.20 anew\n';
    for (const words of [['-y', '--dry-run'], ['-y']]) {
      const reason = expect.stringContaining('two entries');
      expect(mapped(await repair(map, ...words))).toEqual([
        [false, reason],
        [false, reason],
      ]);
    }
    expect(entries()).toEqual(expect.arrayContaining(['11.15', '13.20']));
  });

  test('as JSON too, and a new name beside an old one', async () => {
    const done = await repair('{ "14.21": ["/g3b", { "b64": "ZzNyZW4=" }] }', '-y');
    expect(mapped(done)).toEqual([[true, null]]);
    expect(statSync(join(upper, 'g3b')).ino).toBe(statSync(join(upper, 'g3ren')).ino);
  });

  test('one name given proves the others of its lower file', async () => {
    const done = await repair('11.15 fileB\n', '-y');
    expect(mapped(done)).toEqual([[true, expect.stringContaining('/d/fileC')]]);
    expect(done.repairs).toContainEqual(expect.objectContaining({ code: 'leftover-plink', done: true }));
    expect(entries()).not.toContain('11.15');
    expect(statSync(join(upper, 'd/fileC')).ino).toBe(statSync(join(upper, 'fileB')).ino);
  });

  test('an entry stays where a directory that cannot be read may hold another name of its file', async () => {
    const [, image] = images;
    if (image === undefined) throw new Error('no lower');
    image.unmount();
    command('debugfs', '-w', '-R', 'mkdir hidden', image.image);
    command('debugfs', '-w', '-R', 'ln fileB hidden/other', image.image);
    command('debugfs', '-w', '-R', 'sif fileB links_count 4', image.image);
    command('debugfs', '-w', '-R', 'sif hidden checksum 0x1234', image.image);
    command('mount', '-o', 'loop,ro', image.image, image.mountpoint);
    writeFileSync(file, '11.15 fileB d/fileC\n');
    const done = await runRepair(['repair', '-y', '--map', file, '-o', `br:${upper}=rw:${lower}=ro`]);
    expect(mapped(done)).toEqual([[true, expect.stringContaining('cannot look into /hidden')]]);
    expect(entries()).toContain('11.15');
    expect(readFileSync(join(upper, 'd/fileC'), 'utf8')).toContain('NEW');
  });

  test.each([
    ['a name that was removed', '11.15 fileA', 'a whiteout hides it'],
    ['names of two lower files', '11.15 fileB g3b', 'another lower file'],
    ['a name in no directory', '11.15 nowhere/x', 'a directory that is not there'],
    ['a name on the upper branch', '11.15 g3ren', 'another file on the upper branch'],
    ['a whiteout of another name', '11.15 .wh.fileB', 'no name that aufs shows'],
    ['a name in a directory of aufs itself', '11.15 .wh..wh.orph/x', 'no name that aufs shows'],
    ['no name at all', '11.15', 'no name is given'],
  ])('%s is refused, and nothing changes', async (_, map, reason) => {
    const before = snapshot(upper);
    const told = await repair(map, '--dry-run');
    expect(mapped(told)).toEqual([[false, expect.stringContaining(reason)]]);
    writeFileSync(file, map);
    const done = await repair(map);
    expect(done.exitCode).toBe(4);
    expectSameTree(before, snapshot(upper));
    const tried = await repair(`${map}\n`, '-y');
    expect(mapped(tried)).toEqual([[false, expect.stringContaining(reason)]]);
    expect(entries()).toContain('11.15');
  });

  test('a map that cannot be read is a usage error', async () => {
    for (const map of ['11.15 ../x', "11.15 it's", '{ "11.15": "x" }', '{']) {
      expect((await repair(map, '-y')).exitCode).toBe(16);
    }
  });
});
