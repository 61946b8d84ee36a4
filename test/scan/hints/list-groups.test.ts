import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { listGroups } from '../../../src/scan/hints/list-groups.js';
import { ascii, type Bytes, bytesFromText, parentOf } from '../../../src/sys/bytes.js';
import { AT_FDCWD } from '../../../src/sys/check.js';
import { close, openDirectory } from '../../../src/sys/open.js';
import { stat } from '../../../src/sys/stat.js';
import type { Layer } from '../../../src/union/view-rules.js';
import { Place } from '../../support/place.js';
import { type TempDir, tempDir } from '../../support/temp-dir.js';

let home: TempDir;
beforeEach(() => {
  home = tempDir('groups');
});
afterEach(() => home.dispose());

async function listed(signal?: AbortSignal) {
  const path = bytesFromText(home.path);
  const root = openDirectory(path);
  try {
    const layer: Layer = { branch: 1, role: 'lower', whiteouts: true, root, path };
    return await listGroups(layer, signal);
  } finally {
    close(root);
  }
}

test('the directories of every file with more than one name, each once', async () => {
  const place = new Place(home.path);
  for (const path of ['a', 'a/deep', 'b\xff\n', 'c']) mkdirSync(place.at(path as Bytes));
  const files = [
    ['one', 'a/one', 'a/one again', 'a/deep/one', 'b\xff\n/one'],
    ['c/two', 'c/two again'],
    ['a/alone'],
  ] as Bytes[][];
  for (const [first = ascii(''), ...others] of files) {
    writeFileSync(place.at(first), '');
    for (const other of others) linkSync(place.at(first), place.at(other));
  }
  symlinkSync('a', place.at('to-a' as Bytes));
  linkSync(place.at('to-a' as Bytes), place.at('c/to-a' as Bytes));

  const groups = await listed();
  const inode = (path: Bytes): bigint => stat(AT_FDCWD, place.bytes(path)).ino;
  for (const names of files) {
    const expected = names.length > 1 ? [...new Set(names.map(parentOf))].sort() : [];
    expect(groups?.directoriesOf(inode(names[0] as Bytes)).sort()).toEqual(expected);
  }
  expect(groups?.directoriesOf(inode('to-a' as Bytes)).sort()).toEqual(['', 'c']);
  expect(groups?.places.size).toBe(3);
});

test('what is more than a first table holds', async () => {
  const place = new Place(home.path);
  for (const directory of ['x', 'y']) mkdirSync(place.at(directory as Bytes));
  for (let i = 0; i < 1500; i += 1) {
    writeFileSync(place.at(`x/f${i}` as Bytes), '');
    if (i % 3 === 0) linkSync(place.at(`x/f${i}` as Bytes), place.at(`y/f${i}` as Bytes));
  }
  const groups = await listed();
  expect(groups?.places.size).toBe(500);
  expect(groups?.directories).toHaveLength(2);
});
