import { describe, expect, test } from '@jest/globals';
import type { Problem } from '../../src/problem.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { namesAufsBranches, readAufsWords, readBranch } from '../../src/union/aufs-words.js';
import { parseMountOptions } from '../../src/union/mount-options.js';
import type { Branch } from '../../src/union/union.js';

const read = (text: string) => readAufsWords(parseMountOptions(text as Bytes));
const short = ({ path, role, whiteouts }: Branch) => `${role}${whiteouts ? '+wh' : ''} ${path}`;

describe('branch lists', () => {
  test.each<[string, string[]]>([
    ['br:/u=rw:/l=ro', ['upper+wh /u', 'lower /l']],
    ['br=/u=rw:/l=ro', ['upper+wh /u', 'lower /l']],
    ['dirs=/u:/l', ['upper+wh /u', 'lower /l']],
    ['br:/u:/l1:/l2', ['upper+wh /u', 'lower /l1', 'lower /l2']],
    ['br:/u=rw+nolwh:/l=ro+wh:/m=rr', ['upper+wh /u', 'lower+wh /l', 'lower /m']],
    ['br:/u=rw,append:/l', ['upper+wh /u', 'lower /l']],
    ['br:/l=ro,prepend:/u=rw', ['upper+wh /u', 'lower /l']],
    ['br:/u=rw:/l2=ro,add:1:/l1=ro+wh', ['upper+wh /u', 'lower+wh /l1', 'lower /l2']],
    ['br:/u=rw:/w=rw:/l', ['upper+wh /u', 'upper+wh /w', 'lower /l']],
    ['br:/a=b=ro', ['lower /a=b']],
    ['br:/a=b', ['upper+wh /a=b']],
    ['rw,br:/u,xino=/x', ['upper+wh /u']],
    ['br:/u=rw+coo_reg+fhsm', ['upper+wh /u']],
  ])('%s', (text, branches) => {
    expect(read(text).map(short)).toEqual(branches);
  });

  test.each([
    ['br:/u=rw:', 'empty-branch'],
    ['br:', 'empty-branch'],
    ['br:/u,add:5:/l', 'branch-position'],
    ['br:/u,add:x:/l', 'branch-position'],
  ])('%s is refused: %s', (text, code) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ kind: 'usage', code }) as unknown as Problem);
  });

  test.each([
    ['br:/a', true],
    ['dirs=/a', true],
    ['bread=on', false],
    ['lowerdir=/a', false],
    ['constructor=x', false],
  ])('%s names branches: %s', (text, names) => {
    expect(namesAufsBranches(parseMountOptions(text as Bytes))).toBe(names);
  });
});

test('a line of sysfs', () => {
  expect(short(readBranch('/a b=ro+wh' as Bytes, false))).toBe('lower+wh /a b');
});
