import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { targetWords } from '../../src/report/target-words.js';
import { type Bytes, bytesOf } from '../../src/sys/bytes.js';
import { noOverlayOptions } from '../../src/union/overlay-words.js';
import { describeTarget, type TargetWords } from '../../src/union/target.js';
import type { AufsUnion, Branch, OverlayUnion, Union } from '../../src/union/union.js';
import '../support/property-seed.js';

/** What a shell and the command line make of the printed words. */
function readBack(words: string, format: Union['format']): TargetWords {
  const shell = spawnSync('bash', ['-c', `printf '%s\\0' ${words}`]);
  const argv = bytesOf(shell.stdout).split('\0').slice(0, -1) as Bytes[];
  const after = (option: string): Bytes[] => argv.filter((_, i) => argv[i - 1] === option);
  const [upper] = after('--upper');
  const [work] = after('--work');
  return { upper, work, lowers: after('--lower'), options: after('-o'), format };
}

const path = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map(
    (bytes) =>
      `/${Buffer.from(bytes.filter((byte) => byte !== 0 && byte !== 0x2f)).toString('latin1')}x` as Bytes,
  );
const lower = path.map((each): Branch => ({ path: each, role: 'lower', whiteouts: true }));
const data = path.map((each): Branch => ({ path: each, role: 'data', whiteouts: true }));
const options = fc.record({
  userxattr: fc.boolean(),
  redirectDir: fc.constantFrom(
    undefined,
    'on' as const,
    'off' as const,
    'follow' as const,
    'nofollow' as const,
  ),
  nfsExport: fc.constantFrom(undefined, true),
  uuidOff: fc.boolean(),
});

const overlay = fc
  .record({
    upper: path,
    lowers: fc.array(lower, { minLength: 1, maxLength: 3 }),
    datas: fc.array(data, { maxLength: 2 }),
    work: path,
    options,
  })
  .map(
    (told): OverlayUnion => ({
      format: 'overlay',
      branches: [{ path: told.upper, role: 'upper', whiteouts: true }, ...told.lowers, ...told.datas],
      work: told.work,
      options: { ...noOverlayOptions, ...told.options },
      mounted: undefined,
    }),
  );

// aufs has no escapes of its own: a branch with a colon, comma or equals sign in its name cannot be mounted either.
const plainPath = fc.stringMatching(/^\/[a-z $'"-]{1,8}$/).map((each) => each as Bytes);
const aufs = fc
  .array(
    fc.record({ path: plainPath, permission: fc.constantFrom('rw', 'ro', 'ro+wh') }).map(
      ({ path: each, permission }): Branch => ({
        path: each,
        role: permission === 'rw' ? 'upper' : 'lower',
        whiteouts: permission !== 'ro',
      }),
    ),
    { minLength: 2, maxLength: 4 },
  )
  .map((branches): AufsUnion => ({ format: 'aufs', branches, mounted: undefined }));

describe('the words of a union name the same union again', () => {
  test('overlay', () => {
    fc.assert(
      fc.property(overlay, (union) => {
        const { branches, work, options: read } = describeTarget(readBack(targetWords(union), 'overlay'));
        expect({ branches, work, options: read }).toEqual({
          branches: union.branches,
          work: union.work,
          options: union.options,
        });
      }),
      { numRuns: 60 },
    );
  });

  test('aufs', () => {
    fc.assert(
      fc.property(aufs, (union) => {
        expect(describeTarget(readBack(targetWords(union), 'aufs')).branches).toEqual(union.branches);
      }),
      { numRuns: 60 },
    );
  });
});
