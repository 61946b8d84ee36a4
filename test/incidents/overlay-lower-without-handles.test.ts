import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { makeLoopImage } from '../support/loop-image.js';
import { append, describeIncidents } from '../support/overlay-incident.js';
import { overlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { layersOf } from '../support/overlay-verifier.js';
import { runGoal } from '../support/restore-union.js';
import { expectSameTree } from '../support/tree-diff.js';
import { unmount } from '../support/unmount.js';

const INDEX = ['index=on'];

function group(lower: string): void {
  writeFileSync(join(lower, 'A'), 'old\n');
  linkSync(join(lower, 'A'), join(lower, 'B'));
}

/** The same files on a file system that has neither file handles nor a UUID. */
function whileOnRamfs<T>(root: string, body: (lower: string) => T): T {
  const lower = join(root, 'ram');
  mkdirSync(lower);
  command('mount', '-t', 'ramfs', 'ramfs', lower);
  group(lower);
  return body(lower);
}

describeIncidents('a lower without file handles', ['ext4'], (directory) => {
  test('lower-without-handles: flush refuses a copy of the top lower', async () => {
    const root = directory();
    const place = overlayPlace(root);
    group(place.lowers[0] ?? '');
    whileMounted(place, INDEX, (view) => append(view, 'A'));
    const { own } = layersOf(place);
    await whileOnRamfs(root, async (lower) => {
      try {
        const union = overlayUnion({ ...place, lowers: [lower] }, INDEX);
        await expect(runGoal(union, 'flush')).rejects.toMatchObject({ code: 'lower-mismatch' });
      } finally {
        unmount(lower);
      }
    });
    expectSameTree(own, layersOf(place).own);
  });

  test('lower-without-handles: flush keeps the entries of a lower that was copied there', async () => {
    const root = directory();
    const top = join(root, 'top');
    const image = makeLoopImage('ext4');
    const place = overlayPlace(root, [top, image.mountpoint]);
    try {
      group(image.mountpoint);
      whileMounted(place, INDEX, (view) => append(view, 'A'));
    } finally {
      image.dispose();
    }
    const upper = { ...place, lowers: [] };
    const { own } = layersOf(upper);
    await whileOnRamfs(root, async (lower) => {
      try {
        const union = overlayUnion({ ...place, lowers: [top, lower] }, INDEX);
        const { found, outcome } = await runGoal(union, 'flush');
        expect(found.entries.map(({ state }) => state)).toEqual(['foreign']);
        expect(outcome.entriesRemoved).toBe(0);
      } finally {
        unmount(lower);
      }
    });
    expectSameTree(own, layersOf(upper).own);
  });
});
