import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Bytes } from '../../src/sys/bytes.js';
import { BadArgument } from '../../src/sys/check.js';
import { fixedMemory, orErrno } from '../../src/sys/libc.js';
import { close, createFile, O_PATH, openBeneath, openDirectory } from '../../src/sys/open.js';
import { interpose } from '../../src/sys/seam.js';
import {
  getXattr,
  getXattrFd,
  getXattrText,
  setXattr,
  XATTR_CREATE,
  XATTR_REPLACE,
} from '../../src/sys/xattr.js';
import { exchange, xattrWays } from '../../src/sys/xattr-calls.js';
import { type FileSystems, mountFileSystems } from '../support/file-systems.js';
import { describeKernel, linux } from '../support/needs.js';

const name = 'file' as Bytes;
const itself = '' as Bytes;
const attribute = 'trusted.plinkctl-test';

describeKernel('an extended attribute', ['root', 'loop', 'ext4'], () => {
  let fileSystems: FileSystems;
  let root: string;
  let fd: number;
  beforeAll(() => {
    fileSystems = mountFileSystems(['ext4']);
  });
  afterAll(() => fileSystems?.dispose());
  beforeEach(() => {
    root = fileSystems.directory('ext4', 'xattr');
    writeFileSync(join(root, name), '');
    fd = openDirectory(root as Bytes);
  });
  afterEach(() => {
    interpose(undefined);
    close(fd);
    fileSystems.clear(root);
  });

  test.each([0, 1, 1023, 1024, 1025, 3000])('of %i bytes is read whole', (length) => {
    const value = Buffer.alloc(length, 'abc');
    setXattr(fd, name, attribute, value);
    setXattr(fd, itself, attribute, value);
    expect(getXattr(fd, name, attribute)).toEqual(value);
    expect(getXattr(fd, itself, attribute)).toEqual(value);
    expect(getXattrFd(fd, attribute)).toEqual(value);
    expect(getXattrText(fd, name, attribute, 'hex')).toBe(value.toString('hex'));
  });

  test.each([
    ['through /proc', xattrWays.throughProc, 0],
    ['at a directory', xattrWays.atDirectory, 6013],
  ])('is set, read and removed %s, where Linux has that way', (_, way, since) => {
    if (linux() < since) return;
    const words = Buffer.from(exchange.bytes.buffer);
    const name_ = fixedMemory(64);
    Buffer.from(name_.bytes.buffer).write(`${attribute}\0`, 'latin1');
    symlinkSync(name, join(root, 'symlink'));
    const path = openBeneath(fd, name, O_PATH);
    const [link, odd, longest] = ['symlink', 'a\xff\n', 'x'.repeat(255)] as Bytes[];
    for (const each of [odd, longest] as Bytes[]) close(createFile(fd, each, 0o600));
    try {
      for (const [at, each] of [
        [fd, name],
        [fd, link],
        [fd, odd],
        [fd, longest],
        [path, itself],
        [fd, itself],
      ] as const) {
        const [get, remove] = [
          () => orErrno(way.get(at, each as Bytes, name_.address, 100)),
          () => orErrno(way.remove(at, each as Bytes, name_.address)),
        ];
        const set = (flags: number): number => {
          words.write('value', 'latin1');
          return orErrno(way.set(at, each as Bytes, name_.address, 5, flags));
        };
        expect([get(), set(XATTR_REPLACE), set(XATTR_CREATE), set(XATTR_CREATE), set(0)]).toEqual([
          -61, -61, 0, -17, 0,
        ]);
        words.fill(0, 0, 5);
        expect([get(), words.toString('latin1', 0, 5)]).toEqual([5, 'value']);
        expect(orErrno(way.get(at, each as Bytes, name_.address, 4))).toBe(-34);
        // Nobody else has it: no symlink was followed.
        const holders = [name, link, odd, longest].filter(
          (other) => getXattr(fd, other as Bytes, attribute) !== undefined,
        );
        expect(holders).toEqual(at === fd && each === itself ? [] : [each === itself ? name : each]);
        expect([remove(), remove(), get()]).toEqual([0, -61, -61]);
      }
      expect(orErrno(way.get(fd, 'nothing' as Bytes, name_.address, 100))).toBe(-2);
      for (const bad of ['', 'a/b', '..', 'a\0b'].slice(1) as Bytes[])
        expect(() => way.get(fd, bad, name_.address, 100)).toThrow(BadArgument);
    } finally {
      close(path);
    }
  });

  test('longer than the kernel takes is refused as the kernel refuses it', () => {
    expect(() => setXattr(fd, name, attribute, Buffer.alloc(65537))).toThrow('value too long');
    expect(getXattr(fd, name, attribute)).toBeUndefined();
  });

  test('is not taken for whole when the kernel finds no room twice', () => {
    interpose((call, proceed) => (call.name === 'getxattr' ? -34 : proceed()));
    expect(() => getXattr(fd, name, attribute)).toThrow('ERANGE');
  });
});
