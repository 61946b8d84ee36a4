import { expect, test } from '@jest/globals';
import type { Bytes } from '../../src/sys/bytes.js';
import { fstabUnions, parseFstab } from '../../src/union/fstab.js';

test('fstab: comments, tabs, octal escapes, missing fields', () => {
  const text = [
    '# comment',
    '  # another',
    '',
    'UUID=1 / ext4 defaults 0 1',
    'overlay\t/mnt/a\\040b\toverlay\tlowerdir=/l\\040x,upperdir=/u,workdir=/w\t0 0',
    'none /mnt/aufs aufs br:/u=rw:/l=ro',
    'broken',
    'none /mnt/default aufs',
  ].join('\n') as Bytes;
  expect(fstabUnions(parseFstab(text))).toEqual([
    {
      source: 'overlay',
      mountpoint: '/mnt/a b',
      type: 'overlay',
      options: 'lowerdir=/l x,upperdir=/u,workdir=/w',
    },
    { source: 'none', mountpoint: '/mnt/aufs', type: 'aufs', options: 'br:/u=rw:/l=ro' },
    { source: 'none', mountpoint: '/mnt/default', type: 'aufs', options: 'defaults' },
  ]);
});

test('fstab: the last byte of an à is no white space', () => {
  const text = 'none /voil\xc3\xa0 aufs br:/voil\xc3\xa0\r\n' as Bytes;
  expect(parseFstab(text)).toEqual([
    { source: 'none', mountpoint: '/voil\xc3\xa0', type: 'aufs', options: 'br:/voil\xc3\xa0' },
  ]);
});
