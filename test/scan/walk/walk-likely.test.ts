import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { bareRules } from '../../../src/scan/walk/bare-rules.js';
import { runWalk } from '../../../src/scan/walk/run-walk.js';
import { ascii, type Bytes } from '../../../src/sys/bytes.js';
import { close, openDirectory } from '../../../src/sys/open.js';
import type { Layer } from '../../../src/union/view-rules.js';
import { type TempDir, tempDir } from '../../support/temp-dir.js';

const tree = ['a', 'a/one', 'a/two', 'b', 'b/far', 'b/far/away', 'c', 'c/c', 'd'];

describe('a walk that is told where to look first', () => {
  let home: TempDir;
  beforeEach(() => {
    home = tempDir('walk');
    for (const path of tree) mkdirSync(join(home.path, path));
    symlinkSync('b/far', join(home.path, 'link'));
  });
  afterEach(() => home.dispose());

  async function entered(likely: readonly string[], enough?: string): Promise<string[]> {
    const root = openDirectory(home.path as Bytes);
    const layer: Layer = { branch: 0, role: 'lower', whiteouts: false, root, path: home.path as Bytes };
    const order: string[] = [];
    try {
      const visitor = {
        wanted: () => undefined,
        complete: () => enough !== undefined && order.includes(enough),
        likely: async () => likely as Bytes[],
        onDirectory: ({ path }: { readonly path: Bytes }) => order.push(path),
        onName: () => undefined,
        onUnreadable: ({ path }: { readonly path: Bytes }) => order.push(`unreadable ${path}`),
      };
      await runWalk([{ layer, fd: root, real: ascii('') }], bareRules, visitor, {});
    } finally {
      close(root);
    }
    return order;
  }

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
