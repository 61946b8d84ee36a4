import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Nearness } from '../../../src/scan/walk/nearness.js';
import type { Bytes } from '../../../src/sys/bytes.js';
import { type TempDir, tempDir } from '../../support/temp-dir.js';
import { walkOrder } from '../../support/walk-order.js';

/** A system with much below the siblings of where a name is known. */
const tree = [
  'usr',
  'usr/bin',
  'usr/libexec',
  'usr/libexec/git-core',
  ...['share', 'lib', 'src'].flatMap((name) => [`usr/${name}`, ...below(`usr/${name}`)]),
  'var',
  ...below('var'),
];

function below(path: string): string[] {
  return Array.from({ length: 20 }, (_, i) => [
    `${path}/d${i}`,
    `${path}/d${i}/e`,
    `${path}/d${i}/e/f`,
  ]).flat();
}

describe('a walk that knows where names are', () => {
  let home: TempDir;
  beforeEach(() => {
    home = tempDir('near');
    for (const path of tree) mkdirSync(join(home.path, path), { recursive: true });
  });
  afterEach(() => home.dispose());

  const entered = (
    nearTo: (order: readonly string[]) => readonly string[],
    { enough, near }: { enough?: string; near?: number } = {},
  ): Promise<string[]> =>
    walkOrder(
      home.path,
      (order) => ({ nearTo: () => nearTo(order) as Bytes[] }),
      enough,
      near === undefined ? {} : { near },
    );

  const all = ['', ...tree].sort();

  test('looks at the directories around before it goes down into one of them', async () => {
    const order = await entered(() => ['usr/bin'], { enough: 'usr/libexec/git-core' });
    expect(order.length).toBeLessThan(100);
    expect(order.filter((path) => path.split('/').length > 3)).toEqual([]);
  });

  test('goes on near what is still wanted', async () => {
    const order = await entered((until) => (until.includes('var/d7') ? ['var/d7'] : ['usr/bin']));
    const known = order.indexOf('var/d7');
    expect(known).toBeGreaterThan(order.indexOf('usr/src'));
    const next = order.slice(known).filter((path) => !/^var\/d\d+$/.test(path));
    expect(next.slice(0, 2)).toEqual(['var/d7/e', 'var/d7/e/f']);
  });

  test.each([undefined, 0, 1, 3, 60, 100])('enters all, once, with %s kept at most', async (near) => {
    const ways = near === undefined ? {} : { near };
    expect((await entered(() => ['usr/bin', 'nowhere', '', 'var/d1'], ways)).sort()).toEqual(all);
    expect((await entered(() => [], ways)).sort()).toEqual(all);
    expect((await entered((until) => (until.length > 30 ? [] : ['var']), ways)).sort()).toEqual(all);
  });
});

test.each([
  ['usr/bin', 0],
  ['usr', 1],
  ['usr/lib', 2],
  ['usr/bin/a/b', 2],
  ['', 2],
  ['var', 2],
  ['var/lib', 1],
  ['var/lib/a', 0],
  ['home/u', 4],
])('it is from %j to a place %i steps', (directory, steps) => {
  const places = ['usr/bin', 'var/lib/a', 'usr/bin'] as Bytes[];
  expect(new Nearness(places).to(directory as Bytes)).toBe(steps);
  expect(new Nearness(places.reverse()).to(directory as Bytes)).toBe(steps);
  expect(new Nearness([]).to(directory as Bytes)).toBe(0);
});
