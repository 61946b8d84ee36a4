import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { OverlayUnion } from '../../src/union/union.js';
import { LockDriver, type RunningDriver } from './lock-driver.js';
import { type OverlayPlace, overlayPlace, overlayUnion } from './overlay-place.js';
import { type TempDir, tempDir } from './temp-dir.js';

// An importer sees the present value; every test file has this module to itself.

/** The program that stands for other processes, built once for the file. */
export let driver: LockDriver;
/** For the one test that runs. */
export let temp: TempDir;
/** A runtime directory that is not there yet. */
export let runtime: string;
export let place: OverlayPlace;
export let union: OverlayUnion;
/** Whatever is put here is killed when the test ends. */
export let started: RunningDriver[];

/**
 * Gives each test of the file a union of its own, below `union` in a directory of its own, and the driver.
 *
 * @param index - whether it has an index already
 */
export function lockScene({ index }: { readonly index: boolean }): void {
  let build: TempDir;

  beforeAll(async () => {
    build = tempDir('lock-driver');
    driver = await LockDriver.build(build.path);
  });
  afterAll(() => build.dispose());

  beforeEach(() => {
    temp = tempDir('lock');
    runtime = join(temp.path, 'run');
    place = overlayPlace(join(temp.path, 'union'));
    if (index) mkdirSync(join(place.work, 'index'));
    union = overlayUnion(place);
    started = [];
  });
  afterEach(async () => {
    for (const each of started) await each.kill();
    temp.dispose();
  });
}
