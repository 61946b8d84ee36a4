import { describe, expect, test } from '@jest/globals';
import type { Problem } from '../../src/problem.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { parseMountOptions } from '../../src/union/mount-options.js';
import { noOverlayOptions, readOverlayWords } from '../../src/union/overlay-words.js';

const read = (text: string) => readOverlayWords(parseMountOptions(text as Bytes));

describe('layers', () => {
  test.each<[string, string[]]>([
    ['lowerdir=/a', ['/a']],
    ['lowerdir=/a:/b', ['/a', '/b']],
    ['lowerdir=/a\\:b:/c', ['/a:b', '/c']],
    ['lowerdir=/a\\,b', ['/a,b']],
    ['lowerdir=/a\\\\:/b', ['/a\\', '/b']],
    ['lowerdir=/a b:/ü', ['/a b', '/ü']],
    ['lowerdir=/a::/d1::/d2', ['/a', 'data:/d1', 'data:/d2']],
    ['lowerdir=/a:/b::/d', ['/a', '/b', 'data:/d']],
    ['lowerdir+=/a,lowerdir+=/b:c,datadir+=/d\\e', ['/a', '/b:c', 'data:/d\\e']],
    ['lowerdir=/a,lowerdir=/b', ['/b']],
  ])('%s', (text, lowers) => {
    expect(read(text).lowers.map(({ path, data }) => (data ? `data:${path}` : path))).toEqual(lowers);
  });

  test('upper and work lose their escapes too', () => {
    expect(read('upperdir=/u\\,x,workdir=/w\\\\y,lowerdir=/l')).toMatchObject({
      upper: '/u,x',
      work: '/w\\y',
    });
  });

  test.each([
    ['lowerdir=/a:', 'empty-layer'],
    ['lowerdir=:/a', 'empty-layer'],
    ['lowerdir=/a:::/b', 'empty-layer'],
    ['lowerdir=', 'empty-layer'],
    ['upperdir', 'empty-layer'],
    ['lowerdir=::/d', 'empty-layer'],
    ['lowerdir=/a::/d:/b', 'data-layer-order'],
    ['datadir+=/d,lowerdir+=/a', 'data-layer-order'],
    ['datadir+=/d', 'data-layer-order'],
  ])('%s is refused: %s', (text, code) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ kind: 'usage', code }) as unknown as Problem);
  });
});

describe('options', () => {
  test('none', () => {
    expect(read('lowerdir=/l').options).toEqual(noOverlayOptions);
  });

  test('all', () => {
    const all =
      'userxattr,index=on,nfs_export=off,metacopy=on,redirect_dir=nofollow,volatile,uuid=off,xino=auto';
    expect(read(all).options).toEqual({
      userxattr: true,
      index: true,
      nfsExport: false,
      metacopy: true,
      redirectDir: 'nofollow',
      volatile: true,
      uuidOff: true,
    });
  });

  test('fsync=volatile is what mountinfo says', () => {
    expect(read('fsync=volatile').options.volatile).toBe(true);
  });
});
