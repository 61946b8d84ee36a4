import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { S_IFCHR, S_IFIFO } from '../../src/sys/stat.js';
import { type LoopImage, makeLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { Place } from '../support/place.js';
import { snapshot, type Tree, type TreeFact } from '../support/tree.js';
import { differences } from '../support/tree-diff.js';

describeKernel('a snapshot of a tree', ['root', 'loop', 'ext4'], () => {
  let image: LoopImage;
  let place: Place;
  beforeAll(() => {
    image = makeLoopImage('ext4', { mountOptions: ['strictatime'] });
    place = new Place(image.mountpoint);
    mkdirSync(place.at(ascii('dir')));
    for (const name of ['a', 'b', 'dir/c', 'new\nline \xff'] as Bytes[]) writeFileSync(place.at(name), name);
    symlinkSync('a', place.at(ascii('symlink')));
    place.mknod(ascii('fifo'), S_IFIFO | 0o600);
    place.mknod(ascii('device'), S_IFCHR | 0o600, 0x103n);
  });
  afterAll(() => image?.dispose());

  test('changes nothing that another snapshot sees, not even an access time', () => {
    const first = snapshot(place.root);
    expect(differences(first, snapshot(place.root))).toEqual([]);
    expect(first.map(({ path }) => path)).toContain('new\nline \xff');
  });

  const changes: readonly (readonly [TreeFact, () => void])[] = [
    ['content', () => appendFileSync(place.at(ascii('a')), 'x')],
    ['mode', () => chmodSync(place.at(ascii('a')), 0o4711)],
    ['owner', () => chownSync(place.at(ascii('a')), 7, 8)],
    ['xattrs', () => place.setXattr(ascii('a'), 'trusted.note', Buffer.from('x'))],
    ['atime', () => place.setTimes(ascii('a'), 1n, 5n)],
    ['mtime', () => place.setTimes(ascii('a'), 1n, 6n)],
    ['nlink', () => linkSync(place.at(ascii('a')), place.at(ascii('dir/later')))],
    ['group', () => hardlinkInstead(place, 'a', 'b')],
    ['kind', () => replace(place, 'a', () => place.mknod(ascii('a'), S_IFIFO | 0o600))],
    ['xattrs', () => place.setXattr(ascii('symlink'), 'trusted.note', Buffer.from('x'))],
    ['content', () => replace(place, 'symlink', () => symlinkSync('b', place.at(ascii('symlink'))))],
    ['content', () => replace(place, 'device', () => place.mknod(ascii('device'), S_IFCHR | 0o600, 0x105n))],
  ];
  test.each(changes)('sees a change of %s', (fact, change) => {
    const before = snapshot(place.root);
    change();
    expect(
      differences(before, snapshot(place.root)).filter((line) => line.includes(`: ${fact}: `)),
    ).not.toEqual([]);
  });

  test('sees names that came and went', () => {
    const before: Tree = snapshot(place.root);
    writeFileSync(place.at(ascii('came')), '');
    rmSync(place.at(ascii('fifo')));
    expect(differences(before, snapshot(place.root), { ignore: ['mtime', 'ctime'] })).toEqual([
      'fifo: gone (was fifo)',
      'came: new (file)',
    ]);
  });
});

function replace(place: Place, path: string, make: () => void): void {
  rmSync(place.at(path as Bytes));
  make();
}

function hardlinkInstead(place: Place, from: string, to: string): void {
  replace(place, to, () => linkSync(place.at(from as Bytes), place.at(to as Bytes)));
}
