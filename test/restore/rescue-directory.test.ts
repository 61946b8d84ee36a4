import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Pace } from '../../src/restore/pace.js';
import { openRescue } from '../../src/restore/rescue/rescue.js';
import type { IndexEntry } from '../../src/scan/result.js';
import { ascii, bytesFromText } from '../../src/sys/bytes.js';
import { close, openDirectory } from '../../src/sys/open.js';
import { interpose } from '../../src/sys/seam.js';
import type { AufsUnion } from '../../src/union/union.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const EIO = 5;
const EXDEV = 18;
let place: TempDir;
let home: string;
beforeEach(() => {
  place = tempDir('rescue');
  home = place.path;
});
afterEach(() => {
  interpose(undefined);
  place.dispose();
});

const aufs = (upper: string): AufsUnion => ({
  format: 'aufs',
  branches: [{ path: bytesFromText(upper), role: 'upper', whiteouts: true }],
  mounted: undefined,
});

const orphan = {
  name: 'entry',
  state: 'orphan',
  inode: { dev: 1n, ino: 1n, mode: 0, uid: 0, gid: 0, size: 0n, mtime: 0n },
  names: [],
  missing: [],
} as unknown as IndexEntry;

describe('a rescue that fails on its way', () => {
  let upper: string;
  let directory: string;
  beforeEach(() => {
    upper = join(home, 'upper');
    directory = join(home, 'rescue');
    mkdirSync(join(home, 'index'), { recursive: true });
    mkdirSync(upper);
    symlinkSync('target', join(home, 'index/entry'));
  });

  /** Fails the `nth` call of a name, and the rename between file systems. */
  async function take(call: string, nth: number, far: boolean): Promise<void> {
    const rescue = openRescue(bytesFromText(directory), aufs(upper));
    const dirfd = openDirectory(bytesFromText(join(home, 'index')));
    let [calls, renames] = [0, 0];
    interpose(({ name }, proceed) => {
      if (far && name === 'renameat2' && ++renames === 1) return -EXDEV;
      return name === call && ++calls === nth ? -EIO : proceed();
    });
    const note = { union: aufs(upper), entry: orphan, reason: 'no name shows it' };
    try {
      await rescue.take(dirfd, ascii('entry'), note, new Pace());
    } finally {
      interpose(undefined);
      close(dirfd);
      rescue.close();
    }
  }

  test.each([
    ['the note cannot be placed', 'renameat2', 2, false],
    ['the directory cannot be synced', 'fsync', 2, false],
    ['an attribute of its copy cannot be set', 'fchownat', 1, true],
    ['the directory cannot be synced behind a copy', 'fsync', 2, true],
  ])('leaves the file where it was, and nothing else: %s', async (_, call, nth, far) => {
    const before = snapshot(join(home, 'index'));
    await expect(take(call, nth, far)).rejects.toThrow(/input\/output/);
    expect(readdirSync(directory)).toEqual([]);
    expectSameTree(before, snapshot(join(home, 'index')), { ignore: ['ctime', 'mtime', 'atime'] });
  });
});

test('a file that is written to while it is copied stays, and no copy of it', async () => {
  const upper = join(home, 'upper');
  const index = join(home, 'index');
  for (const path of [upper, index]) mkdirSync(path);
  writeFileSync(join(index, 'entry'), 'data');
  const rescue = openRescue(bytesFromText(join(home, 'rescue')), aufs(upper));
  const dirfd = openDirectory(bytesFromText(index));
  let renames = 0;
  interpose(({ name }, proceed) => (name === 'renameat2' && ++renames === 1 ? -EXDEV : proceed()));
  const note = { union: aufs(upper), entry: orphan, reason: 'no name shows it' };
  const write = (): void => writeFileSync(join(index, 'entry'), 'more');
  try {
    await expect(rescue.take(dirfd, ascii('entry'), note, new Pace(), write)).rejects.toThrow(
      /changed since/,
    );
  } finally {
    close(dirfd);
    rescue.close();
  }
  expect(readdirSync(join(home, 'rescue'))).toEqual([]);
  expect(readdirSync(index).map((name) => readFileSync(join(index, name), 'utf8'))).toEqual(['more']);
});

test('a new rescue directory is durable before anything can be moved there', () => {
  const upper = join(home, 'upper');
  mkdirSync(upper);
  writeFileSync(join(upper, 'file'), 'x');
  const union = aufs(upper);
  const calls: string[] = [];
  interpose(({ name }, proceed) => {
    calls.push(name);
    return proceed();
  });
  const directory = join(home, 'new/rescue');
  openRescue(bytesFromText(directory), union).close();
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(calls.filter((name) => name === 'syncfs')).toHaveLength(1);
  expect(calls).not.toContain('renameat2');
});
