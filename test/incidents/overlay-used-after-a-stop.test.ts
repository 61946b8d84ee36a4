import {
  chownSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { HYDRATE_XATTR, RUNNING_XATTR, TIMES_XATTR } from '../../src/scan/own-marks.js';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { indexNames, viewOf } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import { runGoal } from '../support/restore-union.js';
import { byPath, snapshot, type TreeEntry } from '../support/tree.js';
import { expectSameView } from '../support/tree-diff.js';

const INDEX = ['index=on'];
const METACOPY = ['index=on', 'metacopy=on', 'redirect_dir=on'];
const LONG_AGO = 978_307_200_123_456_789n;
const CAPABILITY = Buffer.from('0100000200040000000000000000000000000000', 'hex');

/** Nanoseconds. */
const secondsAgo = (seconds: number): bigint => BigInt(Date.now() - seconds * 1000) * 1_000_000n;

/** What a flush leaves that is killed, so many seconds ago, while it links names into `d`. */
function killedWhileItLinks(root: string, seconds = 0.02): OverlayPlace {
  const place = overlayWith(root, {
    lower(lower) {
      mkdirSync(lower.at(ascii('d')));
      writeFileSync(lower.at(ascii('d/A')), 'lowerdata\n');
      for (const name of ['B', 'C']) linkSync(lower.at(ascii('d/A')), lower.at(`d/${name}` as Bytes));
    },
    session: (view) => append(view, 'd/A'),
  });
  const upper = new Place(place.upper);
  upper.setTimes(ascii('d'), LONG_AGO, LONG_AGO);
  upper.setXattr(ascii(''), RUNNING_XATTR, Buffer.from('1'));
  upper.setXattr(ascii('d'), TIMES_XATTR, Buffer.from(`${LONG_AGO} ${LONG_AGO} ${secondsAgo(seconds)}`));
  linkSync(join(place.work, 'index', indexNames(place)[0] as string), join(place.upper, 'd/B'));
  return place;
}

/** What a flush leaves that is killed while it gives `A` its data. */
function killedWhileItFills(root: string): OverlayPlace {
  const place = overlayWith(root, {
    options: METACOPY,
    lower(lower) {
      writeFileSync(lower.at(ascii('A')), Buffer.alloc(3_000_000, 'lower'));
      linkSync(lower.at(ascii('A')), lower.at(ascii('B')));
    },
    session(view) {
      chownSync(view.at(ascii('A')), 1000, 1001);
      view.setXattr(ascii('A'), 'security.capability', CAPABILITY);
      view.setTimes(ascii('A'), LONG_AGO, LONG_AGO);
    },
  });
  const upper = new Place(place.upper);
  const owed = {
    atime: `${LONG_AGO}`,
    mtime: `${LONG_AGO}`,
    capability: CAPABILITY.toString('hex'),
    since: `${secondsAgo(0.02)}`,
  };
  upper.setXattr(ascii(''), RUNNING_XATTR, Buffer.from('1'));
  upper.setXattr(ascii('A'), HYDRATE_XATTR, Buffer.from(JSON.stringify(owed)));
  const fd = openSync(join(place.upper, 'A'), 'r+');
  writeSync(fd, Buffer.alloc(1000, 'lower'), 0, 1000, 0);
  closeSync(fd);
  return place;
}

const entryAt = (place: OverlayPlace, path: string): TreeEntry => {
  const entry = byPath(snapshot(place.upper)).get(path as Bytes);
  if (entry === undefined) throw new Error(`${path} is not in the upper`);
  return entry;
};

const capabilityOf = ({ xattrs }: TreeEntry): boolean => xattrs.includes('security.capability');

describeIncidents('a union that is used after a run was killed', ['ext4', 'xfs', 'btrfs'], (directory) => {
  test.each(['ext4', 'xfs', 'btrfs'] as const)(
    'a directory that was only looked at gets its times back (%s)',
    async (type) => {
      const place = killedWhileItLinks(directory(type));
      const before = viewOf(place, INDEX);
      await runGoal(overlayUnion(place, INDEX), 'flush');
      expect(entryAt(place, 'd')).toMatchObject({ atime: `${LONG_AGO}`, mtime: `${LONG_AGO}` });
      expect(JSON.stringify(snapshot(place.upper))).not.toContain('trusted.plinkctl');
      expectSameView(timeless(before.tree), timeless(viewOf(place, INDEX).tree));
    },
  );

  test.each([
    ['its new name', (view: Place) => writeFileSync(view.at(ascii('d/new')), '')],
    ['a time that somebody gave it', (view: Place) => view.setTimes(ascii('d'), 5n, 7_000_000_001n)],
  ])('a directory that was changed keeps the time of %s', async (_, change) => {
    const place = killedWhileItLinks(directory(), 100);
    whileMounted(place, INDEX, change);
    const { mtime } = entryAt(place, 'd');
    const before = viewOf(place, INDEX);
    // The next mount is not the one in which it was changed.
    await runGoal(overlayUnion(place, INDEX), 'flush');
    expect(entryAt(place, 'd').mtime).toBe(mtime);
    expect(indexNames(place)).toEqual([]);
    expectSameView(timeless(before.tree), timeless(viewOf(place, INDEX).tree));
  });

  test('a file that was only looked at gets its times and its capability back', async () => {
    const place = killedWhileItFills(directory());
    viewOf(place, METACOPY);
    await runGoal(overlayUnion(place, METACOPY), 'flush');
    for (const name of ['A', 'B']) {
      const entry = entryAt(place, name);
      expect([entry.mtime, capabilityOf(entry)]).toEqual([`${LONG_AGO}`, true]);
      expect(readFileSync(join(place.upper, name)).equals(Buffer.alloc(3_000_000, 'lower'))).toBe(true);
    }
    expect(JSON.stringify(snapshot(place.upper))).not.toContain('trusted.plinkctl');
  });

  test('a file that was changed keeps its times, and gets no capability that it has lost', async () => {
    const place = killedWhileItFills(directory());
    whileMounted(place, METACOPY, (view) => view.setTimes(ascii('A'), 1n, 1_600_000_000_000_000_001n));
    await runGoal(overlayUnion(place, METACOPY), 'flush');
    for (const name of ['A', 'B']) {
      const entry = entryAt(place, name);
      expect([entry.mtime, capabilityOf(entry)]).toEqual(['1600000000000000001', false]);
      expect(readFileSync(join(place.upper, name)).equals(Buffer.alloc(3_000_000, 'lower'))).toBe(true);
    }
    expect(JSON.stringify(snapshot(place.upper))).not.toContain('trusted.plinkctl');
  });

  test('a file that was written to is owed nothing, and keeps no mark', async () => {
    const place = killedWhileItFills(directory());
    whileMounted(place, METACOPY, (view) => append(view, 'A', 'more'));
    const { mtime } = entryAt(place, 'A');
    await runGoal(overlayUnion(place, METACOPY), 'flush');
    expect(entryAt(place, 'B')).toMatchObject({ mtime, nlink: '2' });
    expect(readFileSync(join(place.upper, 'B')).subarray(2_999_995).toString()).toBe('lowermore');
    expect(JSON.stringify(snapshot(place.upper))).not.toContain('trusted.plinkctl');
    expect(statSync(join(place.upper, 'A')).ino).toBe(statSync(join(place.upper, 'B')).ino);
  });
});

/** Without what is owed: the times of `d`, and the marks that say so. */
const timeless = (tree: readonly TreeEntry[]): TreeEntry[] =>
  tree.map((entry) => ({
    ...entry,
    ...(entry.path === 'd' ? { atime: '', mtime: '' } : {}),
    xattrs: entry.xattrs.replace(/trusted\.plinkctl\.[^\n]*\n?/g, ''),
  }));
