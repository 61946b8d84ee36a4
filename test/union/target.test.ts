import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { resolveTarget, type TargetWords } from '../../src/union/target.js';
import { type KernelFiles, kernelRoot } from '../support/kernel-root.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

let directory: TempDir;
let cwd: string;
let lastRoot: string;
const at = (name: string): string => join(directory.path, name);
const b = (name: string): Bytes => bytesFromText(at(name));

beforeEach(() => {
  directory = tempDir('target');
  cwd = process.cwd();
  for (const name of ['u', 'w/work', 'l1', 'l2', 'm', 'a/.wh..wh.plnk', 'plain']) {
    mkdirSync(at(name), { recursive: true });
  }
});

afterEach(() => {
  process.chdir(cwd);
  directory.dispose();
});

function resolve(words: TargetWords, files: KernelFiles = {}) {
  const root = mkdtempSync(at('kernel-'));
  lastRoot = root;
  return resolveTarget(words, kernelRoot(root, files));
}

function refusal(words: TargetWords, files: KernelFiles = {}) {
  try {
    resolve(words, files);
  } catch (error) {
    const { kind, code, message, hint } = error as {
      kind: string;
      code: string;
      message: string;
      hint?: string;
    };
    return { kind, code, message, hint };
  }
  throw new Error('was not refused');
}

const overlay = (): TargetWords => ({ upper: b('u'), lowers: [b('l1'), b('l2')], work: b('w') });

describe('--upper, --lower, --work', () => {
  test('an overlay', () => {
    expect(resolve(overlay())).toEqual({
      format: 'overlay',
      branches: [
        { path: b('u'), role: 'upper', whiteouts: true },
        { path: b('l1'), role: 'lower', whiteouts: true },
        { path: b('l2'), role: 'lower', whiteouts: true },
      ],
      work: b('w'),
      options: expect.objectContaining({ userxattr: false, index: undefined }),
      mounted: undefined,
    });
  });

  test('an aufs is seen by its marks', () => {
    const union = resolve({ upper: b('a'), lowers: [b('l1')] });
    expect(union).toMatchObject({ format: 'aufs', mounted: undefined });
    expect(union.branches.map(({ whiteouts }) => whiteouts)).toEqual([true, false]);
  });

  test('an aufs without marks is told', () => {
    expect(resolve({ upper: b('u'), lowers: [b('l1')], format: 'aufs' }).format).toBe('aufs');
  });

  test('relative paths start at the working directory', () => {
    process.chdir(directory.path);
    const words = { upper: 'u' as Bytes, lowers: ['l1' as Bytes], work: './w' as Bytes };
    expect(resolve(words)).toMatchObject({
      branches: [{ path: b('u') }, { path: b('l1') }],
      work: b('./w').replace('/w', '/./w'),
    });
  });

  test('a work directory that the kernel has not used is taken with --format', () => {
    mkdirSync(at('w2'));
    expect(refusal({ ...overlay(), work: b('w2') }).code).toBe('not-a-work-directory');
    expect(resolve({ ...overlay(), work: b('w2'), format: 'overlay' }).format).toBe('overlay');
  });
});

test('-o beside the branches says how they are read', () => {
  const union = resolve({ ...overlay(), options: ['userxattr,redirect_dir=nofollow' as Bytes] });
  expect(union).toMatchObject({ work: b('w'), options: { userxattr: true, redirectDir: 'nofollow' } });
});

describe('refusals', () => {
  test.each<[string, () => TargetWords, string, string]>([
    ['no union', () => ({}), 'usage', 'no-target'],
    ['two ways at once', () => ({ ...overlay(), mountpoint: b('m') }), 'usage', 'two-targets'],
    [
      '-o with a mount point',
      () => ({ options: ['ro' as Bytes], mountpoint: b('m') }),
      'usage',
      'two-targets',
    ],
    [
      'branches in two ways',
      () => ({ ...overlay(), options: ['lowerdir=/l' as Bytes] }),
      'usage',
      'two-targets',
    ],
    ['no upper', () => ({ lowers: [b('l1')] }), 'usage', 'no-upper'],
    ['no lower', () => ({ upper: b('u') }), 'usage', 'no-lower'],
    ['no work', () => ({ upper: b('u'), lowers: [b('l1')] }), 'usage', 'no-work'],
    ['work of an aufs', () => ({ upper: b('a'), lowers: [b('l1')], work: b('w') }), 'usage', 'work-of-aufs'],
    [
      'the other format',
      () => ({ options: [`br:${at('a')}:${at('l1')}` as Bytes], format: 'overlay' as const }),
      'usage',
      'other-format',
    ],
    ['no such upper', () => ({ ...overlay(), upper: b('none') }), 'operational', 'no-such-directory'],
    ['no such lower', () => ({ ...overlay(), lowers: [b('none')] }), 'operational', 'no-such-directory'],
    ['a file', () => ({ ...overlay(), lowers: [b('file')] }), 'operational', 'not-a-directory'],
    ['upper is a lower', () => ({ ...overlay(), lowers: [b('l1'), b('u')] }), 'usage', 'same-directory'],
    [
      'a lower twice, once by symlink',
      () => ({ ...overlay(), lowers: [b('l1'), b('link')] }),
      'usage',
      'same-directory',
    ],
    [
      'lower inside a lower',
      () => ({ ...overlay(), lowers: [b('l1'), b('l1/sub')] }),
      'usage',
      'nested-directories',
    ],
    [
      'lower inside a lower by symlink',
      () => ({ ...overlay(), lowers: [b('l1'), b('link/sub')] }),
      'usage',
      'nested-directories',
    ],
    ['lower inside upper', () => ({ ...overlay(), lowers: [b('u/sub')] }), 'usage', 'nested-directories'],
    ['work inside upper', () => ({ ...overlay(), work: b('u/sub') }), 'usage', 'nested-directories'],
    ['upper inside work', () => ({ ...overlay(), upper: b('w/work') }), 'usage', 'nested-directories'],
    [
      'branches of an aufs nested',
      () => ({ options: [`br:${at('a')}:${at('a/.wh..wh.plnk')}` as Bytes] }),
      'usage',
      'nested-directories',
    ],
    [
      'work on another file system',
      () => ({ ...overlay(), work: '/proc/self' as Bytes, format: 'overlay' as const }),
      'usage',
      'work-elsewhere',
    ],
    [
      'both formats in the options',
      () => ({ options: ['br:/a,lowerdir=/b' as Bytes] }),
      'usage',
      'two-formats',
    ],
    ['options without a branch', () => ({ options: ['rw,noatime' as Bytes] }), 'usage', 'no-branches'],
    [
      'no writable branch',
      () => ({ options: [`br:${at('a')}=ro:${at('l1')}=ro` as Bytes] }),
      'usage',
      'no-upper',
    ],
    [
      'overlay without upper',
      () => ({ options: [`lowerdir=${at('l1')}:${at('l2')}` as Bytes] }),
      'usage',
      'no-upper',
    ],
    ['--fstab without a mount point', () => ({ fstab: '' as Bytes }), 'usage', 'no-target'],
  ])('%s', (_, words, kind, code) => {
    writeFileSync(at('file'), '');
    symlinkSync('l1', at('link'));
    mkdirSync(at('l1/sub'));
    mkdirSync(at('u/sub/work'), { recursive: true });
    expect(refusal(words())).toMatchObject({ kind, code });
  });

  test('text that merely begins alike is no nesting', () => {
    mkdirSync(at('l1-more'));
    expect(resolve({ ...overlay(), lowers: [b('l1'), b('l1-more')] }).branches).toHaveLength(3);
  });
});

describe('-o', () => {
  test('several are one list', () => {
    const options = [
      `lowerdir=${at('l1')}:${at('l2')}`,
      `upperdir=${at('u')}`,
      `workdir=${at('w')},userxattr`,
    ];
    expect(resolve({ options: options as Bytes[] })).toMatchObject({
      format: 'overlay',
      work: b('w'),
      options: { userxattr: true },
    });
  });

  test('names with commas, colons and backslashes', () => {
    for (const name of ['c,c', 'd:d', 'e\\e']) mkdirSync(at(name));
    const escaped = ['c\\,c', 'd\\:d', 'e\\\\e'].map(at).join(':');
    const union = resolve({
      options: [`lowerdir=${escaped},upperdir=${at('u')},workdir=${at('w')}` as Bytes],
    });
    expect(union.branches.slice(1).map(({ path }) => path)).toEqual([b('c,c'), b('d:d'), b('e\\e')]);
  });

  test('names that are not UTF-8', () => {
    const odd = Buffer.from(`${at('odd')}\xff\xfe`, 'latin1');
    mkdirSync(odd);
    const path = odd.toString('latin1') as Bytes;
    expect(resolve({ ...overlay(), lowers: [path] }).branches[1]?.path).toBe(path);
  });

  test('an aufs', () => {
    const options = [`br:${at('a')}=rw:${at('l1')}=ro+wh:${at('l2')}` as Bytes];
    expect(resolve({ options }).branches).toEqual([
      { path: b('a'), role: 'upper', whiteouts: true },
      { path: b('l1'), role: 'lower', whiteouts: true },
      { path: b('l2'), role: 'lower', whiteouts: false },
    ]);
  });
});

const overlayLine = (mountpoint: string, extra = ''): string =>
  `40 1 0:50 / ${mountpoint} rw - overlay o rw,lowerdir=${at('l1')}:${at('l2')},upperdir=${at('u')},workdir=${at('w')}${extra}`;

describe('MOUNTPOINT', () => {
  test('an overlay, with the module’s defaults', () => {
    const files = {
      'sys/module/overlay/parameters/index': 'N\n',
      'sys/module/overlay/parameters/metacopy': 'Y\n',
      'sys/module/overlay/parameters/redirect_dir': 'N\n',
      'sys/module/overlay/parameters/redirect_always_follow': 'Y\n',
    };
    const union = resolve({ mountpoint: b('m') }, { mounts: [overlayLine(at('m'), ',index=on')], files });
    expect(union).toMatchObject({
      format: 'overlay',
      mounted: { path: b('m'), dev: 50n, readOnly: false, pid: undefined },
      options: { index: true, metacopy: true, redirectDir: 'follow', nfsExport: undefined },
    });
  });

  test.each(['to-m', 'm/', 'u/../m', './m'])('by another way: %s', (path) => {
    symlinkSync('m', at('to-m'));
    expect(resolve({ mountpoint: b(path) }, { mounts: [overlayLine(at('m'))] }).mounted?.path).toBe(b('m'));
  });

  test('the topmost of several mounts counts', () => {
    const tmpfs = `41 1 0:51 / ${at('m')} rw - tmpfs t rw`;
    expect(refusal({ mountpoint: b('m') }, { mounts: [overlayLine(at('m')), tmpfs] })).toMatchObject({
      code: 'not-a-union',
      message: 'what is mounted here is tmpfs, neither aufs nor overlay',
    });
  });

  test('lowers by fsconfig: no escapes of overlay’s own', () => {
    mkdirSync(at('c,c'));
    mkdirSync(at('e\\e'));
    const options = `lowerdir+=${at('c\\054c')},lowerdir+=${at('e\\134e')},upperdir=${at('u')},workdir=${at('w')}`;
    const mounts = [`40 1 0:50 / ${at('m')} rw - overlay o rw,${options}`];
    const union = resolve({ mountpoint: b('m') }, { mounts });
    expect(union.branches.map(({ path }) => path)).toEqual([b('u'), b('c,c'), b('e\\e')]);
  });

  test('an aufs, its branches from sysfs', () => {
    const mounts = [`40 1 0:50 / ${at('m')} rw - aufs none rw,si=efd9ca27c86f0651`];
    mkdirSync(at('b b'));
    const files = {
      'sys/fs/aufs/si_efd9ca27c86f0651/br0': `${at('a')}=rw\n`,
      'sys/fs/aufs/si_efd9ca27c86f0651/br1': `${at('b\\040b')}=ro+wh\n`,
      'sys/fs/aufs/si_efd9ca27c86f0651/brid0': '64\n',
    };
    expect(resolve({ mountpoint: b('m') }, { mounts, files })).toEqual({
      format: 'aufs',
      branches: [
        { path: b('a'), role: 'upper', whiteouts: true },
        { path: b('b b'), role: 'lower', whiteouts: true },
      ],
      mounted: { path: b('m'), dev: 50n, readOnly: false, pid: undefined, si: 'efd9ca27c86f0651' },
    });
  });

  test('an aufs without sysfs lists its branches itself', () => {
    const mounts = [
      `40 1 0:50 / ${at('m')} rw - aufs none rw,si=efd9ca27c86f0651,br:${at('a')}=rw:${at('l1')}=ro`,
    ];
    expect(resolve({ mountpoint: b('m') }, { mounts }).branches).toHaveLength(2);
  });

  test('an aufs of which nothing tells the branches', () => {
    const mounts = [`40 1 0:50 / ${at('m')} rw - aufs none rw,si=efd9ca27c86f0651`];
    expect(refusal({ mountpoint: b('m') }, { mounts })).toMatchObject({
      code: 'no-branches',
      kind: 'operational',
    });
  });

  test('a bind mount of a directory inside leads to the whole union', () => {
    const part = `41 1 0:50 /sub ${at('plain')} rw - overlay o rw,${overlayLine('').split(' rw,')[1]}`;
    const mounts = [overlayLine(at('m')), part];
    expect(resolve({ mountpoint: b('plain') }, { mounts }).mounted?.path).toBe(b('m'));
  });

  test('a part of a union that is mounted nowhere as a whole', () => {
    const part = `41 1 0:50 /sub ${at('plain')} rw - overlay o rw,lowerdir=/l`;
    expect(refusal({ mountpoint: b('plain') }, { mounts: [part] }).code).toBe('part-of-union');
  });

  test('a union of another mount namespace is reached through one of its processes', () => {
    const files = { mounts: [], processes: { 77: [overlayLine(at('m'))], 78: [] } };
    const union = resolve({ mountpoint: b('m') }, files);
    const root = `${lastRoot}/proc/77/root`;
    expect(union.mounted).toEqual({ path: `${root}${at('m')}`, dev: 50n, readOnly: false, pid: 77 });
    expect(union.branches[0]?.path).toBe(`${root}${at('u')}`);
  });

  test('relative branch paths are not guessed', () => {
    const mounts = [`40 1 0:50 / ${at('m')} rw - overlay o rw,lowerdir=l1,upperdir=u,workdir=w`];
    process.chdir(directory.path);
    expect(refusal({ mountpoint: b('m') }, { mounts })).toMatchObject({
      kind: 'operational',
      code: 'relative-branch',
    });
  });

  test('an overlay without an upper', () => {
    const mounts = [`40 1 0:50 / ${at('m')} rw - overlay o ro,lowerdir=${at('l1')}:${at('l2')}`];
    expect(refusal({ mountpoint: b('m') }, { mounts })).toMatchObject({
      kind: 'operational',
      code: 'no-upper',
    });
  });
});

describe('what is no mount point', () => {
  test.each<[string, string, KernelFiles, string]>([
    ['nothing there', 'none', {}, 'no-such-directory'],
    ['a file', 'file', {}, 'not-a-directory'],
    ['a plain directory', 'plain', {}, 'not-a-union'],
    ['an aufs branch', 'a', {}, 'branch-not-union'],
    ['a work directory', 'w', {}, 'work-not-union'],
  ])('%s', (_, path, files, code) => {
    mkdirSync(at('w/index'));
    writeFileSync(at('file'), '');
    expect(refusal({ mountpoint: b(path) }, files)).toMatchObject({ kind: 'operational', code });
  });

  test('a union of fstab', () => {
    const files = { 'etc/fstab': `none ${at('m')} aufs br:${at('a')}=rw:${at('l1')}=ro 0 0\n` };
    expect(refusal({ mountpoint: b('m') }, { files })).toMatchObject({
      code: 'not-mounted',
      hint: expect.stringContaining('--fstab'),
    });
  });

  test('a directory inside of a union', () => {
    mkdirSync(at('m/inside'));
    const mounts = [`1 0 8:1 / / rw - ext4 x rw`, overlayLine(at('m'))];
    expect(refusal({ mountpoint: b('m/inside') }, { mounts }).code).toBe('inside-union');
  });

  test('a fuse-overlayfs', () => {
    const mounts = [`40 1 0:50 / ${at('m')} rw - fuse.fuse-overlayfs fuse-overlayfs rw,user_id=0`];
    expect(refusal({ mountpoint: b('m') }, { mounts }).code).toBe('fuse-overlayfs');
  });
});

describe('--fstab', () => {
  const fstab = (): string =>
    `overlay ${at('m')} overlay lowerdir=${at('l1')},upperdir=${at('u')},workdir=${at('w')},noauto 0 0\n`;

  test('the system’s', () => {
    const files = { 'etc/fstab': fstab() };
    expect(resolve({ mountpoint: b('m'), fstab: '' as Bytes }, { files })).toMatchObject({
      work: b('w'),
      mounted: undefined,
    });
  });

  test('another file', () => {
    writeFileSync(at('table'), fstab());
    expect(resolve({ mountpoint: b('m'), fstab: b('table') }).format).toBe('overlay');
  });

  test('not in it', () => {
    const files = { 'etc/fstab': fstab() };
    expect(refusal({ mountpoint: b('plain'), fstab: '' as Bytes }, { files }).code).toBe('not-in-fstab');
  });

  test.each([
    ['defaults', 'the options name no branch'],
    ['lowerdir=/l,metacopy=maybe', 'the mount option metacopy takes one of'],
  ])('a line that is wrong is told of its mount point: %s', (options, says) => {
    const files = { 'etc/fstab': `overlay ${at('m')} overlay ${options} 0 0\n` };
    expect(() => resolve({ mountpoint: b('m'), fstab: '' as Bytes }, { files })).toThrow(
      expect.objectContaining({
        path: b('m'),
        message: expect.stringContaining(says),
        hint: 'mend its options in the fstab',
      }),
    );
  });
});
