import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aufsInUse, refuseIfInUse } from '../../src/lock/in-use.js';
import { mountedWith } from '../../src/lock/mounted-with.js';
import { type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import type { AufsUnion } from '../../src/union/union.js';
import { overlayUnion } from '../support/overlay-place.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

let temp: TempDir;
let kernelRoot: Bytes;

beforeEach(() => {
  temp = tempDir('in-use');
  kernelRoot = bytesFromText(join(temp.path, 'root'));
});
afterEach(() => temp.dispose());

/** Lays down files of the kernel; `@` stands for the temporary directory. */
function kernelFiles(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(kernelRoot, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll('@', temp.path));
  }
}

function directory(name: string): Bytes {
  const path = join(temp.path, name);
  mkdirSync(path, { recursive: true });
  return bytesFromText(path);
}

describe('aufsInUse', () => {
  const si = 'efd9ca27c86f0651';
  const aufs = (): AufsUnion => ({
    format: 'aufs',
    branches: [
      { path: directory('rw one'), role: 'upper', whiteouts: true },
      { path: directory('rw two'), role: 'upper', whiteouts: true },
      { path: directory('ro'), role: 'lower', whiteouts: false },
    ],
    mounted: undefined,
  });

  test('finds an upper branch in the branches of a mounted aufs', () => {
    const union = aufs();
    kernelFiles({
      'proc/self/mountinfo': `36 25 0:41 / /mnt/u rw,relatime shared:1 - aufs none rw,si=${si}\n`,
      [`sys/fs/aufs/si_${si}/br0`]: '@/else=rw\n',
      [`sys/fs/aufs/si_${si}/br1`]: '@/rw two=ro+wh\n',
    });
    expect(aufsInUse(union, { kernelRoot })).toEqual({
      inUse: true,
      by: 'branch',
      directory: union.branches[1]?.path,
      method: 'mountinfo',
      where: expect.objectContaining({ mountpoint: '/mnt/u', pid: undefined }),
    });
    expect(() => refuseIfInUse(union, { kernelRoot })).toThrow(
      expect.objectContaining({
        kind: 'busy',
        code: 'in-use',
        message: 'is a branch of a live aufs, mounted at /mnt/u',
        hint: 'unmount /mnt/u first',
        path: union.branches[1]?.path,
      }),
    );
  });

  test('does not mind a lower that others have too, or an aufs of other branches', () => {
    kernelFiles({
      'proc/self/mountinfo': `36 25 0:41 / /mnt/u rw,relatime - aufs none rw,si=${si}\n`,
      [`sys/fs/aufs/si_${si}/br0`]: '@/else=rw\n',
      [`sys/fs/aufs/si_${si}/br1`]: '@/ro=ro\n',
    });
    expect(aufsInUse(aufs(), { kernelRoot })).toMatchObject({ inUse: false });
    expect(() => refuseIfInUse(aufs(), { kernelRoot })).not.toThrow();
  });
});

describe('mountedWith', () => {
  const find = (path: Bytes) => [...mountedWith('overlay', [path], kernelRoot)];
  const line = (options: string) => `36 25 0:41 / /mnt/m rw,relatime - overlay overlay rw,${options}\n`;

  test('knows upper, work and lowers apart', () => {
    kernelFiles({ 'proc/self/mountinfo': line('lowerdir=@/l1:@/l2,upperdir=@/u,workdir=@/w') });
    for (const [name, as] of [
      ['l1', 'lower'],
      ['l2', 'lower'],
      ['u', 'upper'],
      ['w', 'work'],
    ] as const) {
      expect(find(directory(name))).toEqual([
        { directory: join(temp.path, name), as, mountpoint: '/mnt/m', pid: undefined, certain: true },
      ]);
    }
    expect(find(directory('x'))).toEqual([]);
  });

  test('takes a relative path for whatever ends like it', () => {
    kernelFiles({ 'proc/self/mountinfo': line('lowerdir=l,upperdir=./d/u,workdir=w') });
    expect(find(directory('d/u'))).toMatchObject([{ as: 'upper', certain: false }]);
    expect(find(directory('du'))).toEqual([]);
  });

  test('does not say that it is in use what only may be', () => {
    kernelFiles({ 'proc/self/mountinfo': line('lowerdir=u,upperdir=elsewhere,workdir=w') });
    const path = directory('d/u');
    const [l, w] = [directory('l'), directory('w2')];
    const union = overlayUnion({ upper: path, lowers: [l], work: w, merged: directory('m') });
    expect(() => refuseIfInUse(union, { kernelRoot })).toThrow(
      expect.objectContaining({
        message: 'may be the lower directory of a live overlay, mounted at /mnt/m by a relative path',
        hint: 'unmount /mnt/m first',
        path,
      }),
    );
  });

  test('passes over a mount whose options it cannot read', () => {
    kernelFiles({
      'proc/self/mountinfo':
        line('lowerdir=:,upperdir=@/u,workdir=@/w') + line('lowerdir=@/l,upperdir=@/u,workdir=@/w'),
    });
    expect(find(directory('u'))).toHaveLength(1);
  });
});
