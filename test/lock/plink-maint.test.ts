import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { enterPlinkMaint } from '../../src/lock/plink-maint.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { interpose } from '../../src/sys/seam.js';
import { kernelRoot } from '../support/kernel-root.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

const SI = '00a9ca27c86f0651';

describe('the kernel file of the maintenance mode', () => {
  let directory: TempDir;
  let root: Bytes;

  beforeEach(() => {
    directory = tempDir('plink-maint');
    root = kernelRoot(directory.path, { files: { 'proc/fs/aufs/plink_maint': '' } });
  });

  afterEach(() => {
    interpose(undefined);
    directory.dispose();
  });

  const written = (): string => readFileSync(join(directory.path, 'proc/fs/aufs/plink_maint'), 'latin1');

  test('is told the id and clean, without newlines, by one write each on one descriptor', () => {
    const calls: string[] = [];
    interpose(({ name, fd }, proceed) => {
      const result = proceed();
      calls.push(`${name} ${name === 'openat' ? result : fd}=${name === 'write' ? result : 0}`);
      return result;
    });
    const maint = enterPlinkMaint(root, SI);
    expect(written()).toBe(`si=${SI}`);
    maint.clean();
    expect(written()).toBe(`si=${SI}clean`);
    maint.release();
    maint.release();
    const fd = calls[0]?.match(/\d+/)?.[0];
    expect(calls).toEqual([`openat ${fd}=0`, `write ${fd}=19`, `write ${fd}=5`, `close ${fd}=0`]);
  });

  test.each([
    ['EBUSY', -16, 'write', 'busy', 'plink-maint'],
    ['EAGAIN', -11, 'write', 'busy', 'plink-maint'],
    ['EINVAL', -22, 'write', 'operational', 'unknown-aufs'],
    ['EACCES', -13, 'write', 'operational', 'permission'],
    ['EACCES', -13, 'openat', 'operational', 'permission'],
    ['ENOENT', -2, 'openat', 'operational', 'no-plink-maint'],
  ])('%s (%i) of %s is told and leaves nothing open', (_, errno, refused, kind, code) => {
    let open = 0;
    interpose(({ name }, proceed) => {
      if (name === refused) return errno;
      if (name === 'openat') open += 1;
      if (name === 'close') open -= 1;
      return proceed();
    });
    expect(() => enterPlinkMaint(root, SI)).toThrow(expect.objectContaining({ kind, code }));
    expect(open).toBe(0);
  });
});
