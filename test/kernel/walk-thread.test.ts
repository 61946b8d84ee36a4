import { cpSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ScanResult } from '../../src/scan/result.js';
import type { scan as scanUnion } from '../../src/scan/scan.js';
import { type FileSystems, mountFileSystems } from '../support/file-systems.js';
import { describeKernel } from '../support/needs.js';
import { mountOverlay } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace, overlayUnion } from '../support/overlay-place.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { unmount } from '../support/unmount.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Beginnings of a worker's program; what it is told at first is the scan and the port. */
const begin = "const { workerData: { port } } = require('node:worker_threads');";

const shown = ({ entries }: ScanResult): string =>
  entries.map(({ names, missing }) => [...names, ...missing.map(({ path }) => path)].join()).join();

describeKernel('the second thread of a walk', ['root', 'loop', 'overlay', 'ext4'], () => {
  let fileSystems: FileSystems;
  let root: string;
  let place: OverlayPlace;
  let program: TempDir;
  beforeAll(() => {
    fileSystems = mountFileSystems(['ext4']);
  });
  afterAll(() => fileSystems?.dispose());
  beforeEach(() => {
    program = tempDir('walk-thread');
    cpSync(join(project, 'dist'), join(program.path, 'dist'), {
      recursive: true,
      filter: (path) => !path.endsWith('.map') && !path.endsWith('/types'),
    });
    symlinkSync(join(project, 'node_modules'), join(program.path, 'node_modules'));
    root = fileSystems.directory('ext4', 'walk-thread');
    place = overlayPlace(root);
    const [lower = ''] = place.lowers;
    for (const name of ['a', 'b', 'c', 'd']) mkdirSync(join(lower, name, name, name), { recursive: true });
    writeFileSync(join(lower, 'a/file'), 'before');
    linkSync(join(lower, 'a/file'), join(lower, 'b/b/b/other'));
    mountOverlay({ ...place, options: ['index=on'], target: place.merged });
    writeFileSync(join(place.merged, 'a/file'), 'after');
    unmount(place.merged);
  });
  afterEach(() => {
    program.dispose();
    fileSystems.clear(root);
  });

  /** A scan that shares from the first directory on, with a thread that runs `text`. */
  async function scanWith(text: string | undefined, early = false): Promise<ScanResult> {
    if (text !== undefined) writeFileSync(join(program.path, 'dist/walk-worker.cjs'), text);
    const path = join(program.path, 'dist/index.js');
    const { scan } = (await import(path)) as { scan: typeof scanUnion };
    return scan(overlayUnion(place, ['index=on']), { ways: { eager: true, early } });
  }

  test('takes part', async () => {
    expect(shown(await scanWith(undefined))).toBe('a/file,b/b/b/other');
  });

  test('is not waited for where it has told the last name and goes on', async () => {
    for (const name of ['b', 'c', 'd'])
      linkSync(
        join(place.lowers[0] as string, 'a/file'),
        join(place.lowers[0] as string, name, name, name, 'more'),
      );
    const told = `${begin}
      let key;
      port.on('message', ({ say, sought, shares }) => {
        if (say === 'end') port.close();
        if (say === 'sought') [key] = sought.sought.keys();
        if (say !== 'share') return;
        const paths = shares.flatMap(({ names }) => names.flatMap((name) =>
          name === 'b' ? ['b/b/b/more', 'b/b/b/other'] : [name + '/' + name + '/' + name + '/more']));
        const missing = paths.map((path) => ({ path, lower: { branch: 1, path } }));
        const entry = { key, names: [], missing, covered: [], outside: 0, lowerNlink: 5, whiteout: false, twins: [], type: undefined, lowerType: 0o100000 };
        const progress = { directories: 1000, names: 0 };
        const upper = { unindexed: [], counted: [], owedTimes: [] };
        port.postMessage({ say: 'found', found: { entries: [entry], unreadable: [], directories: [], upper, redirects: 0 }, progress });
      });
      port.postMessage({ say: 'hungry' });`;
    const result = await scanWith(told, true);
    expect(shown(result)).toBe('a/file,b/b/b/more,b/b/b/other,c/c/c/more,d/d/d/more');
    expect(result.walked.directories).toBeGreaterThan(1000);
  });

  test.each([
    ['throws at its start', "throw new Error('no')"],
    ['ends at its start', ''],
  ])('is done without where it %s', async (_, text) => {
    expect(shown(await scanWith(text))).toBe('a/file,b/b/b/other');
  });

  test('fails the scan with what the file system refused it, and not as a fault of the program', async () => {
    const failed = `{ say: 'failed', error: { syscall: 'openat2', errno: 24, path: 'c' } }`;
    const text = `${begin} port.on('message', ({ say }) => {
      if (say === 'share') port.postMessage(${failed});
      if (say === 'end') port.close();
    }); port.postMessage({ say: 'hungry' });`;
    const error: unknown = await scanWith(text).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'SysError', code: 'EMFILE', syscall: 'openat2', path: 'c' });
  });

  test.each([
    ['ends', `${begin} port.on('message', () => process.exit(0)); port.postMessage({ say: 'hungry' });`],
    [
      'throws',
      `${begin} port.on('message', () => { throw new Error('lost'); }); port.postMessage({ say: 'hungry' });`,
    ],
  ])('fails the scan where it %s with work of which nobody else knows', async (_, text) => {
    await expect(scanWith(text)).rejects.toThrow(/ended before its work|lost/);
  });
});
