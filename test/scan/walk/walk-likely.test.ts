import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Bytes } from '../../../src/sys/bytes.js';
import { type TempDir, tempDir } from '../../support/temp-dir.js';
import { walkOrder } from '../../support/walk-order.js';

const tree = ['a', 'a/one', 'a/two', 'b', 'b/far', 'b/far/away', 'c', 'c/c', 'd'];

describe('a walk that is told where to look first', () => {
  let home: TempDir;
  beforeEach(() => {
    home = tempDir('walk');
    for (const path of tree) mkdirSync(join(home.path, path));
    symlinkSync('b/far', join(home.path, 'link'));
  });
  afterEach(() => home.dispose());

  const entered = (likely: readonly string[], enough?: string): Promise<string[]> =>
    walkOrder(home.path, () => ({ likely: async () => likely as Bytes[] }), enough);

  test('goes there by the shortest way, and ends when that is enough', async () => {
    expect(await entered(['b/far/away'], 'b/far/away')).toEqual(['', 'b', 'b/far', 'b/far/away']);
    expect((await entered(['c/c', 'a/two'], 'a/two')).filter((path) => !path.startsWith('c'))).toEqual([
      '',
      'a',
      'a/two',
    ]);
  });

  test('walks all the rest where it is not, and nothing twice', async () => {
    const order = await entered(['b/far', 'd']);
    expect([...order].sort()).toEqual(['', ...tree]);
    expect(order.slice(0, 4).sort()).toEqual(['', 'b', 'b/far', 'd']);
  });

  test.each([
    ['none', []],
    ['the root', ['']],
    ['what is not there', ['nowhere', 'a/nowhere/else', 'd/'.repeat(3000)]],
    ['ways out', ['..', '../..', '/', '/a/one', '//', 'a/../b', './c', 'a/', 'link', 'link/away', 'a\0b']],
  ])('is not led astray by %s', async (_, likely) => {
    expect((await entered(likely)).sort()).toEqual(['', ...tree]);
  });
});
