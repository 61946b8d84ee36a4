import { describe, expect, test } from '@jest/globals';
import type { Bytes } from '../../src/sys/bytes.js';
import { makeDev } from '../../src/sys/stat.js';
import { parseMountInfo, parseMountInfoLine } from '../../src/union/mountinfo.js';

describe('mountinfo', () => {
  test('an overlay, optional fields and octal escapes', () => {
    const line =
      '48 27 0:39 / /tmp/a\\040b rw,relatime shared:1 master:2 - overlay o ro,lowerdir=/l\\134\\0542,upperdir=/u';
    expect(parseMountInfoLine(line as Bytes)).toEqual({
      id: 48,
      parent: 27,
      dev: makeDev(0, 39),
      root: '/',
      mountpoint: '/tmp/a b',
      readOnly: true,
      idmapped: false,
      type: 'overlay',
      source: 'o',
      superOptions: 'ro,lowerdir=/l\\134\\0542,upperdir=/u',
    });
  });

  test('read-only by the mount alone, as a bind remount makes it', () => {
    const line = '1 2 8:1 /sub /m ro,relatime - ext4 /dev/sda1 rw';
    expect(parseMountInfoLine(line as Bytes)).toMatchObject({ readOnly: true, root: '/sub' });
  });

  test('a mount that maps owners', () => {
    const line = '1 2 8:1 / /m rw,relatime,idmapped - ext4 /dev/sda1 rw';
    expect(parseMountInfoLine(line as Bytes)).toMatchObject({ idmapped: true });
  });

  test('a source without a name', () => {
    const line = '1 2 0:40 / /m rw - aufs none rw,si=efd9ca27c86f0651';
    expect(parseMountInfoLine(line as Bytes)).toMatchObject({
      type: 'aufs',
      superOptions: 'rw,si=efd9ca27c86f0651',
    });
  });

  test('what is no mount is left out', () => {
    expect(parseMountInfo('\nnonsense\n1 2 8:1 / / rw - ext4 x rw\n' as Bytes)).toHaveLength(1);
  });

  test('bytes that are not UTF-8 stay', () => {
    const line = '1 2 8:1 / /m\xff rw - ext4 x rw';
    expect(parseMountInfoLine(line as Bytes)?.mountpoint).toBe('/m\xff');
  });
});
