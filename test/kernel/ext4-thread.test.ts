import { appendFileSync, cpSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ScanResult } from '../../src/scan/result.js';
import type { scan as scanUnion } from '../../src/scan/scan.js';
import type { ScanOptions } from '../../src/scan/scan-options.js';
import { type FileSystems, mountFileSystems } from '../support/file-systems.js';
import { describeKernel } from '../support/needs.js';
import { mountOverlay } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace, overlayUnion } from '../support/overlay-place.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { unmount } from '../support/unmount.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** So many entries are worth a thread before they are read. */
const ENTRIES = 600;

/** Beginning of a worker's program. */
const begin = "const { workerData: { port } } = require('node:worker_threads');";

describeKernel('the thread that searches a device', ['root', 'loop', 'overlay', 'ext4'], () => {
  let fileSystems: FileSystems;
  let place: OverlayPlace;
  let program: TempDir;
  beforeAll(() => {
    fileSystems = mountFileSystems(['ext4']);
    place = overlayPlace(fileSystems.directory('ext4', 'ext4-thread'));
    const [lower = ''] = place.lowers;
    for (let i = 0; i < ENTRIES; i += 1) {
      const [first, second] = [`a${i % 30}`, `b${i % 70}/c`].map((path) => join(lower, path));
      for (const path of [first, second]) mkdirSync(path as string, { recursive: true });
      writeFileSync(join(first as string, `${i}`), 'old');
      linkSync(join(first as string, `${i}`), join(second as string, `${i}`));
    }
    // A search is worth it where there are many more directories than files.
    for (let i = 0; i < 4 * ENTRIES; i += 1)
      mkdirSync(join(lower, `more${i % 40}/${i}`), { recursive: true });
    mountOverlay({ ...place, options: ['index=on'], target: place.merged });
    for (let i = 0; i < ENTRIES; i += 1) appendFileSync(join(place.merged, `a${i % 30}`, `${i}`), 'new');
    unmount(place.merged);
  });
  afterAll(() => {
    program?.dispose();
    fileSystems?.dispose();
  });
  beforeEach(() => {
    program?.dispose();
    program = tempDir('ext4-thread');
    cpSync(join(project, 'dist'), join(program.path, 'dist'), {
      recursive: true,
      filter: (path) => !path.endsWith('.map') && !path.endsWith('/types'),
    });
    symlinkSync(join(project, 'node_modules'), join(program.path, 'node_modules'));
  });

  /** A scan by the built program, with a thread that runs `text`. */
  async function scanWith(text: string | undefined, options: ScanOptions = {}): Promise<ScanResult> {
    if (text !== undefined) writeFileSync(join(program.path, 'dist/ext4-worker.cjs'), text);
    const { scan } = (await import(join(program.path, 'dist/index.js'))) as { scan: typeof scanUnion };
    // Around known names everything would be found before.
    return scan(overlayUnion(place, ['index=on']), { ways: { near: 0 }, ...options });
  }

  const facts = ({ walked: _, ...result }: ScanResult): unknown => result;

  test('finds what one thread alone finds', async () => {
    const found = await scanWith(undefined);
    const alone = await scanWith(undefined, { threads: 1, hints: [], ways: { early: false } });
    expect(facts(found)).toEqual(facts(alone));
    expect(found.entries.map(({ missing }) => missing.length)).toEqual(Array(ENTRIES).fill(1));
  });

  test('tells where names are', async () => {
    const told = `${begin}
      port.once('message', () => port.close());
      port.postMessage({ say: 'found', search: 0, places: { inside: [], outside: [] } });
      port.postMessage({ say: 'over' });`;
    const [found, untold] = [await scanWith(undefined), await scanWith(told)];
    expect(facts(untold)).toEqual(facts(found));
    expect(found.walked.directories).toBeLessThan(400);
    expect(untold.walked.directories).toBeGreaterThan(400);
  });

  test.each([
    ['throws at its start', "throw new Error('no')"],
    ['ends at its start', ''],
    ['ends before it has found anything', `${begin} setTimeout(() => process.exit(0), 20);`],
  ])('is done without where it %s', async (_, text) => {
    const found = await scanWith(text);
    expect(found.entries.map(({ missing }) => missing.length)).toEqual(Array(ENTRIES).fill(1));
  });

  test('is not waited for by a scan that is stopped', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 300);
    const silent = `${begin} port.once('message', () => port.close());`;
    await expect(scanWith(silent, { signal: stop.signal })).rejects.toThrow('enough');
  });
});
