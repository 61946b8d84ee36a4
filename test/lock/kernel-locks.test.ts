import { closeSync, fstatSync, openSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { flockOwner, parseFlockOwner } from '../../src/lock/kernel-locks.js';
import { tryLock } from '../../src/sys/lock.js';
import { makeDev } from '../../src/sys/stat.js';
import { tempDir } from '../support/temp-dir.js';

const text = `1: POSIX  ADVISORY  WRITE 11 fe:00:100 0 EOF
2: FLOCK  ADVISORY  WRITE 22 fe:00:101 0 EOF
2: -> FLOCK  ADVISORY  WRITE 33 fe:00:102 0 EOF
3: FLOCK  ADVISORY  READ  44 103:1a:100 0 EOF
4: FLOCK  ADVISORY  WRITE 0 fe:00:104 0 EOF
`;

test.each([
  [254, 0, 100n, undefined],
  [254, 0, 101n, 22],
  [254, 0, 102n, undefined],
  [0x103, 0x1a, 100n, 44],
  [254, 0, 104n, undefined],
])('the owner of %i:%i inode %s is %s', (major, minor, ino, owner) => {
  expect(parseFlockOwner(text, { dev: makeDev(major, minor), ino })).toBe(owner);
});

test('this process is the owner of what it locks', () => {
  const temp = tempDir('flock');
  const fd = openSync(temp.path, 'r');
  expect(flockOwner(fstatSync(fd, { bigint: true }))).toBeUndefined();
  expect(tryLock(fd)).toBe(true);
  expect(flockOwner(fstatSync(fd, { bigint: true }))).toBe(process.pid);
  closeSync(fd);
  temp.dispose();
});
