import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { bytesFromText } from '../../src/sys/bytes.js';
import { openDirectory, withFd } from '../../src/sys/open.js';
import { interpose } from '../../src/sys/seam.js';
import { systemCalls } from '../../src/sys/system-call.js';
import { listXattr as attributes } from '../../src/sys/xattr.js';
import { type LoopImage, openLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { keepingBytesOf, runRepair, troubles } from '../support/repair-run.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const fixtures = fileURLToPath(new URL('../../fixtures/aufs', import.meta.url));

const listXattr = (path: string): string[] =>
  withFd(openDirectory(bytesFromText(path)), (fd) => attributes(fd, bytesFromText('')));

/** Branches as aufs makes them: one lower group `A`, `B`, `d/C`. */
class Branches {
  readonly lower: string;
  readonly upper: string;
  readonly rescue: string;

  constructor(root: string) {
    this.lower = join(root, 'lower');
    this.upper = join(root, 'upper');
    this.rescue = join(root, 'rescue');
    mkdirSync(join(this.lower, 'd'), { recursive: true });
    writeFileSync(join(this.lower, 'A'), 'lowerdata\n');
    linkSync(join(this.lower, 'A'), join(this.lower, 'B'));
    linkSync(join(this.lower, 'A'), join(this.lower, 'd/C'));
    mkdirSync(this.upper);
    writeFileSync(this.up('.wh..wh.aufs'), '', { mode: 0o444 });
    for (const name of ['.wh..wh.plnk', '.wh..wh.orph']) mkdirSync(this.up(name), { mode: 0o700 });
  }

  up(path: string): string {
    return join(this.upper, path);
  }

  get words(): string[] {
    return ['-o', `br:${this.upper}=rw:${this.lower}=ro`];
  }

  repair(words: readonly string[], answer?: (question: string) => string) {
    return keepingBytesOf([this.upper], [this.lower], this.rescue, () =>
      runRepair(['repair', ...words, ...this.words], answer),
    );
  }
}

describeKernel('aufs branches', ['root'], () => {
  let temp: TempDir;
  let at: Branches;
  beforeEach(() => {
    temp = tempDir('repair-aufs');
    at = new Branches(temp.path);
  });
  afterEach(() => temp.dispose());

  test('healthy: nothing is found', async () => {
    writeFileSync(at.up('new'), 'new');
    writeFileSync(at.up('.wh.gone'), '');
    const checked = await runRepair(['check', ...at.words]);
    expect(checked.findings).toEqual([]);
    expect(checked.exitCode).toBe(0);
  });

  test('base entries with wrong modes are set right unasked', async () => {
    chmodSync(at.up('.wh..wh.plnk'), 0o755);
    chmodSync(at.up('.wh..wh.aufs'), 0o644);
    expect(troubles(await runRepair(['check', ...at.words]))).toEqual(['base-mode', 'base-mode']);
    const done = await at.repair(['-y']);
    expect(done.exitCode).toBe(0);
    expect(
      ['.wh..wh.aufs', '.wh..wh.plnk', '.wh..wh.orph'].map((name) => statSync(at.up(name)).mode & 0o7777),
    ).toEqual([0o444, 0o700, 0o700]);
  });

  test.each([
    ['a file', (path: string) => writeFileSync(path, '')],
    ['a symlink', (path: string) => symlinkSync('/', path)],
  ])('%s in the place of the pseudo-links is a finding, and told with its path', async (_, make) => {
    rmdirSync(at.up('.wh..wh.plnk'));
    make(at.up('.wh..wh.plnk'));
    chmodSync(at.up('.wh..wh.aufs'), 0o644);
    expect(troubles(await runRepair(['check', ...at.words]))).toEqual(['base-mode', 'base-type']);
    expect(await runRepair(['flush', ...at.words])).toMatchObject({
      exitCode: 8,
      error: { code: 'index', path: at.up('.wh..wh.plnk') },
    });
  });

  test('leftovers of removals go to the rescue directory', async () => {
    writeFileSync(at.up('.wh..wh.orph/.wh.0001'), 'half removed');
    mkdirSync(at.up('.wh..wh.orph/dir'));
    writeFileSync(at.up('.wh..wh.orph/dir/f'), 'deep');
    writeFileSync(at.up('.wh..wh.orph/empty'), '');
    const first = await at.repair(['-y']);
    expect(troubles(first)).toEqual(['orphan-leftover', 'orphan-leftover']);
    const done = await at.repair(['-y', '--rescue', at.rescue]);
    expect(done.exitCode).toBe(0);
    expect(readdirSync(at.up('.wh..wh.orph'))).toEqual([]);
    expect(readdirSync(at.rescue).filter((name) => name.endsWith('.json'))).toHaveLength(2);
  });

  test('a name and its whiteout side by side: a person decides', async () => {
    writeFileSync(at.up('A'), 'both');
    writeFileSync(at.up('.wh.A'), '');
    expect(troubles(await runRepair(['check', ...at.words]))).toEqual(['illegal-whiteout']);
    expect((await at.repair(['-y'])).exitCode).toBe(4);
    expect((await at.repair([], () => 'n')).exitCode).toBe(4);
    expect(existsSync(at.up('.wh.A'))).toBe(true);
    expect((await at.repair([], () => 'y')).exitCode).toBe(0);
    expect([existsSync(at.up('.wh.A')), readFileSync(at.up('A'), 'utf8')]).toEqual([false, 'both']);
  });

  test('a name that aufs cannot show is told of', async () => {
    writeFileSync(join(at.lower, 'n'.repeat(243)), '');
    expect(troubles(await runRepair(['check', ...at.words]))).toEqual(['name-too-long']);
  });

  test('a split group: told where a copy is unchanged, joined by decision alone', async () => {
    writeFileSync(at.up('A'), 'written');
    writeFileSync(at.up('B'), 'lowerdata\n');
    const { atime, mtime } = statSync(join(at.lower, 'B'));
    utimesSync(join(at.lower, 'B'), atime, new Date(Math.floor(mtime.getTime() / 1000) * 1000));
    utimesSync(at.up('B'), atime, new Date(Math.floor(mtime.getTime() / 1000) * 1000));
    const checked = await runRepair(['check', ...at.words]);
    expect(troubles(checked)).toEqual(['split-group', 'split-group']);
    const before = snapshot(at.upper);
    expect((await at.repair(['-y', '--rescue', at.rescue])).exitCode).toBe(4);
    expectSameTree(before, snapshot(at.upper), { ignore: ['atime'] });
    const done = await at.repair(['-y', '--unbreak', 'A', '--rescue', at.rescue]);
    expect(done.exitCode).toBe(0);
    const inodes = ['A', 'B', 'd/C'].map((name) => statSync(at.up(name)).ino);
    expect(new Set(inodes).size).toBe(1);
    expect(readFileSync(at.up('d/C'), 'utf8')).toBe('written');
  });

  test('killed after any effect: a second run ends what the first began', async () => {
    for (let cut = 0; ; cut += 1) {
      at = new Branches(join(temp.path, `cut${cut}`));
      writeFileSync(at.up('A'), 'written');
      writeFileSync(at.up('B'), 'another');
      writeFileSync(at.up('.wh..wh.orph/.wh.0001'), 'half removed');
      const line = ['-y', '--unbreak', 'A', '--rescue', at.rescue];
      let effects = 0;
      interpose(({ name }, proceed) => {
        if (systemCalls[name] === 'effect') effects += 1;
        return systemCalls[name] === 'effect' && effects > cut ? -5 : proceed();
      });
      try {
        await runRepair(['repair', ...line, ...at.words]);
      } finally {
        interpose(undefined);
      }
      const again = await at.repair(line);
      expect([cut, troubles(again)]).toEqual([cut, []]);
      expect(statSync(at.up('A')).nlink).toBe(3);
      expect(['A', 'B', 'd/C'].map((name) => readFileSync(at.up(name), 'utf8'))).toEqual(
        Array(3).fill('written'),
      );
      expect(listXattr(at.upper)).toEqual([]);
      expect(listXattr(at.up('d'))).toEqual([]);
      if (effects <= cut) return;
    }
  });

  test('a flushed group, one name of it made anew: no trouble', async () => {
    writeFileSync(at.up('A'), 'lowerdata\n');
    const { atime } = statSync(join(at.lower, 'A'));
    for (const root of [at.lower, at.upper]) utimesSync(join(root, 'A'), atime, new Date(1_600_000_000_000));
    mkdirSync(at.up('d'));
    linkSync(at.up('A'), at.up('d/C'));
    writeFileSync(at.up('B'), 'anew');
    expect((await runRepair(['check', ...at.words])).exitCode).toBe(0);
  });

  test('files saved anew are no trouble', async () => {
    writeFileSync(at.up('A'), 'one');
    writeFileSync(at.up('B'), 'two');
    expect((await runRepair(['check', ...at.words])).exitCode).toBe(0);
  });
});

describeKernel('captured aufs branches', ['root', 'loop', 'ext4'], () => {
  const images: LoopImage[] = [];
  afterEach(() => {
    for (const image of images.splice(0)) image.dispose();
  });
  const open = (path: string): string => {
    const image = openLoopImage(join(fixtures, `${path}.img.gz`));
    images.push(image);
    return image.mountpoint;
  };

  describe.each(['a', 'a2', 'b', 'c', 'f'])('%s', (name) => {
    test('every pseudo-link is flushed or kept, and no byte is lost', async () => {
      const [upper, lower] = [open(`${name}/upper-before`), open(`${name}/lower`)];
      const words = ['-o', `br:${upper}=rw:${lower}=ro`];
      const checked = await runRepair(['check', ...words]);
      expect(checked.exitCode).toBe(4);
      const rescue = tempDir('rescued');
      try {
        const done = await keepingBytesOf([upper], [lower], rescue.path, () =>
          runRepair(['repair', '-y', '--rescue', rescue.path, ...words]),
        );
        expect(troubles(done)).toEqual([]);
        expect(readdirSync(join(upper, '.wh..wh.plnk'))).toEqual([]);
      } finally {
        rescue.dispose();
      }
    });

    test('what the classic flush left is healthy, but where it lost a group', async () => {
      const [upper, lower] = [open(`${name}/upper-after`), open(`${name}/lower`)];
      const checked = await runRepair(['check', '-o', `br:${upper}=rw:${lower}=ro`]);
      const split = name === 'f' ? expect.arrayContaining(['split-group']) : [];
      expect(troubles(checked)).toEqual(split);
    });
  });
});
