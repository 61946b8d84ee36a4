import { expect, test } from '@jest/globals';
import { InodeMap } from '../../src/sys/inode-map.js';

test('tells inodes apart by device and by all 64 bits of the number', () => {
  const ids = [1n, 2n].flatMap((dev) =>
    [0n, 5n, 2n ** 32n + 5n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 2n, 2n ** 64n - 1n].map((ino) => ({
      dev,
      ino,
    })),
  );
  const map = new InodeMap<number>();
  for (const [i, id] of ids.entries()) {
    expect(map.get(id)).toBeUndefined();
    map.set(id, i);
  }
  expect(ids.map((id) => map.get(id))).toEqual(ids.map((_, i) => i));
  expect(map.get({ dev: 3n, ino: 5n })).toBeUndefined();
});
