import { describe, expect, test } from '@jest/globals';
import { type Identity, mergeEntry } from '../../src/record/merge.js';
import { parseRecord, recordText } from '../../src/record/record-text.js';
import type { RecordedEntry, RecordedOrigin } from '../../src/scan/recorded.js';
import type { Bytes } from '../../src/sys/bytes.js';

const b = (text: string): Bytes => text as Bytes;
const identity: Identity = {
  name: b('11.15'),
  file: '1.0f',
  mode: 0o100644,
  size: 4n,
  mtime: 5n,
  layers: 'u:1 l:2',
};
const origin: RecordedOrigin = {
  branch: 'aa-1.02',
  file: '1.37',
  unversioned: false,
  mode: 0o100644,
  uid: 0,
  gid: 0,
  size: 3n,
  mtime: 4n,
  paths: [b('A')],
};
const seen = (names: string[], from: RecordedOrigin | undefined = origin) =>
  ({ sees: 'names', names: names.map(b), origin: from }) as const;
const before: RecordedEntry = { ...identity, origin, names: [b('A'), b('B')], gone: false, mount: 'one' };

describe('what is written down of an entry', () => {
  test('the first look', () => {
    expect(mergeEntry(identity, seen(['B', 'A']), undefined, 'one')).toEqual(before);
    expect(mergeEntry(identity, { sees: 'none' }, undefined, 'one')).toBeUndefined();
    expect(mergeEntry(identity, { sees: 'nothing', reason: '' }, undefined, 'one')).toBeUndefined();
  });

  test('the same mount later: names come and go, the lower file stays', () => {
    const linked = mergeEntry(identity, seen(['A', 'C'], undefined), before, 'one');
    expect(linked).toEqual({ ...before, names: ['A', 'C'] });
    const wider = mergeEntry(identity, seen(['B'], { ...origin, paths: [b('B')] }), before, 'one');
    expect(wider?.origin?.paths).toEqual(['A', 'B']);
  });

  test('the last name went in the mount that showed it', () => {
    expect(mergeEntry(identity, { sees: 'none' }, before, 'one')).toEqual({ ...before, gone: true });
    expect(mergeEntry(identity, { sees: 'nothing', reason: '' }, before, 'one')).toEqual(before);
  });

  test.each(['two', undefined])('another mount (%s) cannot know better', (mount) => {
    expect(mergeEntry(identity, seen(['X']), before, mount)).toEqual(before);
    expect(mergeEntry(identity, { sees: 'none' }, before, mount)).toEqual(before);
  });

  test('an inode is the copy of one lower file: a second claim is not believed', () => {
    expect(mergeEntry(identity, seen(['X'], { ...origin, file: '1.38' }), before, 'one')).toEqual(before);
  });

  test('another inode under the name begins anew', () => {
    const other = { ...identity, file: '1.10' };
    expect(mergeEntry(other, seen(['X']), before, 'two')).toMatchObject({ file: '1.10', names: ['X'] });
    expect(mergeEntry(other, { sees: 'none' }, before, 'one')).toBeUndefined();
  });
});

describe('the text of a record', () => {
  const record = { branch: 'aa-1.02', entries: [before, { ...before, origin: undefined, mount: undefined }] };

  test('comes back as it was, names of any bytes included', () => {
    const odd = { ...before, names: [b('sp \xff\xfe\n'), b('ä\\')] };
    const all = { ...record, entries: [...record.entries, odd] };
    expect(parseRecord(recordText(all, b('/u\xff')))).toEqual(all);
  });

  test.each([
    ['a path that leads out', (text: string) => text.replace('"A"', '"../A"')],
    ['an absolute path', (text: string) => text.replace('"A"', '"/A"')],
    ['an empty path', (text: string) => text.replace('"A"', '""')],
    ['a number that is none', (text: string) => text.replace('"size": "4"', '"size": "4x"')],
    ['a handle that is none', (text: string) => text.replace('"1.0f"', '"1.0g"')],
    ['a newer schema', (text: string) => text.replace('record/1', 'record/2')],
    ['half of it', (text: string) => text.slice(0, 100)],
    ['a list', () => '[]'],
  ])('%s is refused', (_, spoil) => {
    expect(() => parseRecord(spoil(recordText(record, b('/u'))))).toThrow();
  });
});
