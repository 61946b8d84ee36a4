import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FileAt, likeness } from '../../src/scan/aufs/aufs-likeness.js';
import { type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { close, openDirectory } from '../../src/sys/open.js';
import { stat } from '../../src/sys/stat.js';
import { Place } from '../support/place.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

const MIB = 1024 * 1024;
const SOME = 'a text of some length, with this and that in it\n';

let directory: TempDir;
let place: Place;
let dirfd: number;

beforeAll(() => {
  directory = tempDir('likeness');
  place = new Place(join(directory.path, 'files'));
  mkdirSync(place.root);
  dirfd = openDirectory(bytesFromText(place.root));
});

afterAll(() => {
  close(dirfd);
  directory.dispose();
});

function file(name: string, content: string | Buffer, mtime = 5n): FileAt {
  writeFileSync(place.at(name as Bytes), content);
  place.setTimes(name as Bytes, mtime, mtime);
  return { dirfd, name: name as Bytes, stat: stat(dirfd, name as Bytes) };
}

/** An upper file held against a lower one; their times differ. */
const compare = (upper: string | Buffer, lower: string | Buffer): ReturnType<typeof likeness> =>
  likeness(file('upper', upper, 6n), file('lower', lower));

describe('how much a file looks like the copy of another', () => {
  test.each([
    ['same', SOME, SOME],
    ['same', '', ''],
    ['whole', `${SOME}more`, SOME],
    ['alike', SOME.replace('some', 'SOME'), SOME],
    ['alike', SOME.slice(0, -10), SOME],
    ['none', 'quite another thing', SOME],
    ['none', '', SOME],
    ['none', SOME, ''],
    ['none', SOME.slice(0, 10), SOME],
  ] as const)('%s: %j, once %j', (degree, upper, lower) => {
    expect(compare(upper, lower).degree).toBe(degree);
  });

  test('a twin has the size and the time, to the nanosecond; it need not be the same', () => {
    expect(likeness(file('upper', 'abcd', 7n), file('lower', 'wxyz', 7n))).toMatchObject({
      twin: true,
      degree: 'none',
    });
    expect(likeness(file('upper', 'abcd', 7n), file('lower', 'abcd', 8n))).toMatchObject({
      twin: false,
      degree: 'same',
    });
  });

  test('zeros that both have speak for nothing, zeros that were written over against it', () => {
    const zeros = Buffer.alloc(4000);
    const [one, other] = [Buffer.from(zeros), Buffer.from(zeros)];
    one.write('the text of one', 100);
    other.write('and of another!', 100);
    expect(compare(one, other).degree).toBe('none');
    expect(compare(Buffer.alloc(4000, 'x'), zeros).degree).toBe('none');
    expect(compare(zeros, zeros).degree).toBe('same');
  });

  test('large files are looked at in places: both ends count, and what is between', () => {
    const large = Buffer.alloc(4 * MIB, SOME);
    expect(compare(Buffer.concat([large, Buffer.from('more')]), large).degree).toBe('whole');
    const patched = Buffer.from(large);
    patched.write('#', 4 * MIB - 1);
    expect(compare(patched, large).degree).toBe('alike');
    expect(compare(Buffer.alloc(4 * MIB, 'x'), large).degree).toBe('none');
  });

  test('a hole of a terabyte is not read through', () => {
    const sparse = (name: string, start: string): FileAt => {
      const at = file(name, start);
      truncateSync(place.at(name as Bytes), 2 ** 40);
      return { ...at, stat: stat(dirfd, name as Bytes) };
    };
    expect(likeness(sparse('upper', SOME), sparse('lower', SOME)).degree).toBe('same');
  });
});
