import { spawnSync } from 'node:child_process';
import { appendFileSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bundle } from '../support/bundle.js';
import { type LoopImage, makeLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { mountOverlay } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace } from '../support/overlay-place.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

/** What docs/performance.md says of the most a run takes, KiB. */
const bound = { base: 88 * 1024, entry: 3, link: 0.75 };

/** Groups of lower files, and names of each that a flush must make. */
const shapes = [
  { entries: 1, links: 2 },
  { entries: 8000, links: 2 },
  { entries: 500, links: 24 },
] as const;

const DIRECTORIES = 100;
const LOOP_BYTES = 384 * 1024 * 1024;

describeKernel('the memory that a flush takes', ['root', 'loop', 'overlay', 'ext4'], () => {
  let image: LoopImage;
  let home: TempDir;
  let program: string;

  beforeAll(async () => {
    image = makeLoopImage('ext4', { bytes: LOOP_BYTES });
    home = tempDir('memory');
    mkdirSync(join(home.path, 'program'));
    writeFileSync(join(home.path, 'package.json'), '{"version":"0.0.0","type":"module"}');
    program = join(home.path, 'program/main.mjs');
    await bundle(fileURLToPath(new URL('../support/peak-memory-main.ts', import.meta.url)), program);
  });
  afterAll(() => {
    image?.dispose();
    home?.dispose();
  });

  test.each(shapes)('with $entries entries and $links links for each', ({ entries, links }) => {
    const root = join(image.mountpoint, `${entries}-${links}`);
    mkdirSync(root);
    const place = overlayPlace(root);
    makeEntries(place, entries, links);
    const { upper, work, lowers } = place;
    const words = ['flush', '--upper', upper, '--work', work, '--lower', lowers[0] ?? ''];
    const run = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' });
    expect(run.stdout).toContain(`${entries.toLocaleString('en')} entr`);
    const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(run.stderr)?.[1]);
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(bound.base + entries * (bound.entry + links * bound.link));
  });
});

function makeEntries(place: OverlayPlace, entries: number, links: number): void {
  const lower = place.lowers[0] ?? '';
  for (let d = 0; d < DIRECTORIES; d += 1) mkdirSync(join(lower, `directory-${d}`));
  mkdirSync(join(lower, 'first'));
  const names = Array.from({ length: entries }, (_, i) => `first/file-${i}`);
  for (const [i, name] of names.entries()) {
    writeFileSync(join(lower, name), 'x');
    for (let k = 0; k < links; k += 1) {
      linkSync(join(lower, name), join(lower, `directory-${(i + k) % DIRECTORIES}/file-${i}-${k}`));
    }
  }
  const overlay = mountOverlay({ ...place, options: ['index=on'], target: place.merged });
  try {
    for (const name of names) appendFileSync(join(place.merged, name), 'y');
  } finally {
    overlay.unmount();
  }
}
