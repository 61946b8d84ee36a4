import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Bytes } from '../../src/sys/bytes.js';
import { close, openDirectory } from '../../src/sys/open.js';
import { interpose } from '../../src/sys/seam.js';
import { getXattr, getXattrFd, getXattrText, setXattr } from '../../src/sys/xattr.js';
import { type FileSystems, mountFileSystems } from '../support/file-systems.js';
import { describeKernel } from '../support/needs.js';

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

  test('is not taken for whole when the kernel finds no room twice', () => {
    interpose((call, proceed) => (call.name === 'getxattr' ? -34 : proceed()));
    expect(() => getXattr(fd, name, attribute)).toThrow('ERANGE');
  });
});
