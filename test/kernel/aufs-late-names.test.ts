import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ext4Hints } from '../../src/scan/hints/ext4-hints.js';
import type { NameHints } from '../../src/scan/hints/name-hints.js';
import type { ScanResult } from '../../src/scan/result.js';
import { scan } from '../../src/scan/scan.js';
import { bytesFromText } from '../../src/sys/bytes.js';
import { interpose } from '../../src/sys/seam.js';
import { AufsScene } from '../support/aufs-scene.js';
import { directoriesRead } from '../support/directories-read.js';
import { type LoopImage, makeExt4Image } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';

const TEXT = 'the text of the group\n';

/** Directories around known names are looked into before the device, up to so many. */
const near = 4;

const factsOf = ({ entries, findings, directories, unreadable }: ScanResult): unknown => ({
  entries: entries.map(({ name, state, names, missing }) => ({ name, state, names, missing })),
  findings,
  directories,
  unreadable,
});

describeKernel('names of an aufs that an ext4 device tells', ['root', 'loop', 'ext4'], () => {
  let image: LoopImage;
  let scene: AufsScene;
  beforeEach(() => {
    image = makeExt4Image([]);
    scene = new AufsScene(['rw', 'ro'], image.mountpoint);
    for (let i = 0; i < 300; i += 1)
      mkdirSync(join(scene.lower.root, `x${i % 20}/y${i}`), { recursive: true });
    const names = ['first', 'x3/y123/second', 'x9/y9/third', 'hidden/y/fourth', 'gone/fifth'];
    scene.file(scene.lower, names, TEXT);
    scene.file(scene.upper, ['first'], `${TEXT}more\n`);
    scene.white('hidden');
    scene.white('x9/y9/third');
    scene.white('gone/fifth');
    scene.plink('first');
  });
  afterEach(() => {
    interpose(undefined);
    image.dispose();
  });

  const walked = (): Promise<ScanResult> => scan(scene.union, { hints: [], ways: { early: false } });

  test('they are met where they are, and little else is walked', async () => {
    const all = await walked();
    expect(all.entries[0]?.missing.map(({ path }) => path)).toEqual(['x3/y123/second']);
    // The directory that a whiteout hides holds a name that is never met: without it all are.
    rmSync(join(scene.upper.root, '.wh.hidden'));
    const [led, few] = await directoriesRead(scene.lower.root, () =>
      scan(scene.union, { hints: [ext4Hints], ways: { near } }),
    );
    const [plain, many] = await directoriesRead(scene.lower.root, () =>
      scan(scene.union, { hints: [], ways: { near } }),
    );
    expect(factsOf(led)).toEqual(factsOf(plain));
    expect(factsOf(led)).toEqual(factsOf(await walked()));
    expect(led.entries[0]?.missing.map(({ path }) => path)).toEqual(['hidden/y/fourth', 'x3/y123/second']);
    expect(few * 3).toBeLessThan(many);
  });

  test('a name below a hidden directory counts for nothing', async () => {
    const led = await scan(scene.union, { hints: [ext4Hints], ways: { near } });
    expect(factsOf(led)).toEqual(factsOf(await walked()));
    expect(led.entries[0]?.missing.map(({ path }) => path)).toEqual(['x3/y123/second']);
  });

  test('what is told wrongly leads nowhere', async () => {
    const asked: bigint[] = [];
    const lying: NameHints = {
      late: {
        ...(ext4Hints.late as NonNullable<NameHints['late']>),
        byNumber: async (_, files) => {
          asked.push(...files.map(({ ino }) => ino));
          return ['', '..', '../..', 'hidden/y', 'gone', 'x1', 'nowhere/at/all', '/etc', 'first'].map(
            bytesFromText,
          );
        },
      },
    };
    const led = await scan(scene.union, { hints: [lying], ways: { near } });
    expect(asked).toHaveLength(1);
    expect(factsOf(led)).toEqual(factsOf(await walked()));
  });

  test('a device that cannot be opened: all is walked', async () => {
    const all = factsOf(await walked());
    let refused = 0;
    interpose(({ name, path }, proceed) => {
      if (name !== 'openat' || !path.startsWith('/dev/')) return proceed();
      refused += 1;
      return -13;
    });
    expect(factsOf(await scan(scene.union, { hints: [ext4Hints], ways: { near } }))).toEqual(all);
    expect(refused).toBeGreaterThan(0);
  });
});
