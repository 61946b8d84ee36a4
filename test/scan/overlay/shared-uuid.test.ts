import { expect, test } from '@jest/globals';
import { sharedUuids } from '../../../src/scan/overlay/shared-uuid.js';

const [none, a, b] = [0, 1, 2].map((byte) => Buffer.alloc(16, byte));

test.each([
  ['no lower', [], []],
  ['one without a UUID', [[none, '1']], []],
  [
    'two directories of one without a UUID',
    [
      [none, '1'],
      [none, '1'],
    ],
    [],
  ],
  [
    'two without a UUID',
    [
      [none, '1'],
      [none, '2'],
    ],
    [[none, [0, 1]]],
  ],
  [
    'one without, and two that differ',
    [
      [a, '1'],
      [none, '2'],
      [b, '3'],
    ],
    [],
  ],
  [
    'a copy below others',
    [
      [a, '1'],
      [b, '2'],
      [a, '1'],
      [a, '3'],
    ],
    [[a, [0, 3]]],
  ],
  [
    'two kinds',
    [
      [a, '1'],
      [none, '2'],
      [a, '3'],
      [none, '4'],
    ],
    [
      [a, [0, 2]],
      [none, [1, 3]],
    ],
  ],
  [
    'unknown ones',
    [
      [undefined, '1'],
      [undefined, '2'],
    ],
    [],
  ],
] as const)('%s', (_, lowers, expected) => {
  const found = sharedUuids(lowers.map(([uuid, superblock]) => ({ uuid, superblock })));
  expect(found.map(({ uuid, lowers: at }) => [uuid, at])).toEqual(expected);
});
