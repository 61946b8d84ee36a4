import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { parseConfig, readConfig } from '../../src/cli/config-file.js';
import { duration } from '../../src/cli/duration.js';
import { type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { kernelRoot } from '../support/kernel-root.js';
import { runMain } from '../support/run-main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

const path = '/etc/plinkctl.conf' as Bytes;
const parse = (...lines: string[]) => parseConfig(bytesFromText(lines.join('\n')), path);

test.each([
  ['{upper: /u, lowers: /l, work: /w, format: aufs}', '/u: /w: an aufs has no work directory'],
  ['{options: "lowerdir=/l"}', 'lowerdir=/l: this overlay has no upper directory, so it has no index'],
])('a union that cannot be opened is named: %s', async (union, says) => {
  const place = tempDir('config');
  try {
    const files = { 'etc/plinkctl.conf': `unions:\n - ${union}\n` };
    const { code, out } = await runMain(
      'check',
      '--all',
      `--kernel-root=${kernelRoot(place.path, { files })}`,
    );
    expect({ code, out }).toEqual({ code: 16, out: expect.stringContaining(says) });
  } finally {
    place.dispose();
  }
});

describe('a configuration in YAML', () => {
  test('unions in every way, and policies that are handed down', async () => {
    const unions = await parse(
      '# the machine',
      'policy:',
      '  min-age: 7d',
      '  rescue: /var/rescue',
      'unions:',
      '  - mountpoint: /mnt/a',
      '  - mountpoint: /mnt/b',
      '    fstab: true',
      '  - upper: /u ä',
      '    lowers: [/l1, "/l:2"]',
      '    work: /w',
      '    options: userxattr',
      '    format: overlay',
      '    policy: {min-age: 90, mode: best-effort}',
      '  - options: [br:/u=rw, "br:/l=ro"]',
      '  - upper: !!binary L3X/',
      '    lowers: /l',
    );
    const above = { minAge: '7d', rescue: '/var/rescue' };
    expect(unions).toEqual([
      { words: { mountpoint: '/mnt/a' }, policy: above },
      { words: { mountpoint: '/mnt/b', fstab: '' }, policy: above },
      {
        words: {
          upper: bytesFromText('/u ä'),
          lowers: ['/l1', '/l:2'],
          work: '/w',
          options: ['userxattr'],
          format: 'overlay',
        },
        policy: { minAge: '90', rescue: '/var/rescue', mode: 'best-effort' },
      },
      { words: { options: ['br:/u=rw', 'br:/l=ro'] }, policy: above },
      { words: { upper: '/u\xff', lowers: ['/l'] }, policy: above },
    ]);
  });

  test.each([
    [
      'an unknown key, with the nearest',
      ['unions:', ' - uper: /u'],
      /^line 2: a union has no uper: did you mean upper\?/,
    ],
    [
      'a typo in the policy',
      ['unions:', ' - mountpoint: /m', '   policy:', '     minage: 1'],
      /^line 4: .*min-age\?/,
    ],
    [
      'a relative path',
      ['unions:', ' - upper: u', '   lowers: [/l]'],
      /^line 2: upper must be an absolute path/,
    ],
    [
      'a relative path in a list',
      ['unions:', ' - upper: /u', '   lowers:', '    - /l', '    - l'],
      /^line 5: lowers/,
    ],
    [
      'a relative path among the options of an overlay',
      [
        'unions:',
        ' - mountpoint: /m',
        ' - policy: {mode: strict}',
        '   options: "lowerdir=/l:l2,upperdir=/u,workdir=/w"',
      ],
      /^line 4: options must name branches by absolute paths: l2 is none$/,
    ],
    [
      'a relative work directory among them',
      ['unions:', ' - options: [lowerdir=/l, upperdir=/u, workdir=w]'],
      /^line 2: options must .*: w is none$/,
    ],
    [
      'a relative path among the options of an aufs',
      ['unions:', ' - options: "br:u=rw:/l=ro"'],
      /^line 2: options must .*: u is none$/,
    ],
    ['nothing that names a union', ['unions:', '', ' - work: /w'], /^line 3: a union needs/],
    ['no lowers', ['unions:', ' - upper: /u', '   work: /w'], /^line 2: a union with upper needs lowers$/],
    ['lowers that are none', ['unions:', ' - upper: /u', '   lowers: []'], /^line 3: .* needs lowers$/],
    ['two namings', ['unions:', ' - {mountpoint: /m, upper: /u}'], /^line 2: .*not by both/],
    [
      'fstab without a mount point',
      ['unions:', ' - upper: /u', '   lowers: /l', '   fstab: true'],
      /^line 2: fstab/,
    ],
    ['a bad duration', ['policy:', '  min-age: soon'], /^line 2: min-age takes a length of time/],
    ['a bad choice', ['policy: {mode: lax}'], /^line 1: mode is one of strict, best-effort/],
    ['no list', ['unions: /mnt'], /^line 1: unions must be a list/],
    ['no mapping', ['unions:', ' - /mnt'], /^line 2: a union must be a mapping/],
    [
      'a list where one value is wanted',
      ['unions:', ' - upper: [/u]'],
      /^line 2: upper must be a single value/,
    ],
    ['broken YAML', ['unions:', ' - upper: "/u'], /^line \d: /],
    ['a key twice', ['unions:', ' - upper: /u', '   upper: /v', '   lowers: /l'], /^line \d: .*unique/],
    ['an empty value', ['unions:', ' - upper:', '   lowers: /l'], /^line \d: upper must be text/],
  ])('%s is told with its line', async (_, lines, message) => {
    await expect(parse(...lines)).rejects.toMatchObject({ code: 'bad-config', kind: 'usage', path });
    await expect(parse(...lines)).rejects.toThrow(message);
  });

  test('bytes that are no UTF-8 are told with their line, and make no other path', async () => {
    const text = 'unions:\n - upper: /u\n   lowers: /caf\xe9\n' as Bytes;
    await expect(parseConfig(text, path)).rejects.toMatchObject({
      code: 'bad-config',
      message: 'line 3: is not UTF-8',
    });
  });

  test('an alias stands for what it names', async () => {
    const [, second] = await parse(
      'unions:',
      ' - {upper: /a, lowers: &base [/l1, /l2]}',
      ' - {upper: /b, lowers: *base}',
    );
    expect(second?.words.lowers).toEqual(['/l1', '/l2']);
  });

  test('a byte order mark and lines of DOS are no part of it', async () => {
    const yaml = await parse('\ufeffunions:\r', ' - {upper: /u, lowers: [/l]}\r', '');
    expect(yaml).toEqual([{ words: expect.objectContaining({ upper: '/u', lowers: ['/l'] }), policy: {} }]);
    const short = await parse('\ufeff--upper /u --lower /l\r', '');
    expect(short).toEqual([{ words: expect.objectContaining({ upper: '/u', lowers: ['/l'] }), policy: {} }]);
  });

  test.each([
    ['/mnt/a /mnt/b', 'only one union can be named: 1 too many'],
    ['mnt/a', 'MOUNTPOINT must be an absolute path'],
    ["''", 'MOUNTPOINT must be an absolute path'],
    ['--upper u --lower /l', '--upper must be an absolute path'],
    ['--upper /u --lower /l --lower l2', '--lower must be an absolute path'],
    ['--upper /u --lower /l --work w', '--work must be an absolute path'],
    ['--fstab=tab /mnt/a', '--fstab must be an absolute path'],
    ['-o lowerdir=l,upperdir=/u,workdir=/w', '-o must name branches by absolute paths: l is none'],
    ['-o br:/u=rw -o append:l=ro', '-o must name branches by absolute paths: l is none'],
  ])('a line of the short form is told by its number: %s', async (line, says) => {
    await expect(parse('# mine', '/mnt/x', line)).rejects.toMatchObject({
      ...{ code: 'bad-config', kind: 'usage', path },
      message: `line 3: ${says}`,
    });
  });

  test('the short form is told by its first line', async () => {
    expect(await parse('# short', '/mnt/a', '--upper /u --lower /l')).toEqual([
      { words: expect.objectContaining({ mountpoint: '/mnt/a' }), policy: {} },
      { words: expect.objectContaining({ upper: '/u' }), policy: {} },
    ]);
    expect(await parse('')).toEqual([]);
    expect(await parse('# nothing')).toEqual([]);
    expect(await parse('---', '# nothing')).toEqual([]);
  });
});

describe('the files of a configuration', () => {
  let directory: TempDir | undefined;
  afterEach(() => directory?.dispose());

  test('the default file and its parts in order; --config alone instead', async () => {
    directory = tempDir('config');
    const root = directory.path;
    mkdirSync(join(root, 'etc/plinkctl.conf.d'), { recursive: true });
    const write = (name: string, mountpoint: string): void =>
      writeFileSync(join(root, name), `unions: [{mountpoint: ${mountpoint}}]\n`);
    write('etc/plinkctl.conf', '/1');
    write('etc/plinkctl.conf.d/20-b.yaml', '/3');
    write('etc/plinkctl.conf.d/10-a.yml', '/2');
    write('etc/plinkctl.conf.d/ignored.bak', '/no');
    write('etc/plinkctl.conf.d/.hidden.yaml', '/no');
    write('other', '/other');
    const kernelRoot = bytesFromText(root);
    const names = async (given?: string) =>
      (await readConfig(given === undefined ? undefined : bytesFromText(given), kernelRoot)).map(
        ({ words }) => words.mountpoint,
      );
    expect(await names()).toEqual(['/1', '/2', '/3']);
    expect(await names(join(root, 'other'))).toEqual(['/other']);
    await expect(names(join(root, 'missing'))).rejects.toMatchObject({ code: 'ENOENT', kind: 'usage' });
    expect(await readConfig(undefined, `${root}/none` as Bytes)).toEqual([]);
  });
});

test.each([
  [['discover']],
  [['list', '--upper', '/nowhere/u', '--lower', '/nowhere/l']],
  [['maint', 'status', '/']],
  [['flush', '--all']],
])('a configuration that is not there is told before all else: %j', async (words) => {
  expect(await runMain(...words, '--config', '/nowhere/conf')).toEqual({
    ...{ code: 16, out: '' },
    err: 'plinkctl: /nowhere/conf: no such file or directory\n',
  });
});

test.each(['--threads=1', '--lower-cache', '--no-device', '--state-dir=/s'])(
  '%s is taken only where it does something',
  async (option) => {
    for (const words of ['discover', 'demo', 'maint status', 'maint run']) {
      const { code, err } = await runMain(...words.split(' '), option);
      expect([code, err]).toEqual([
        16,
        expect.stringContaining(`${words} has no option ${option.split('=')[0]}`),
      ]);
    }
  },
);

describe('duration', () => {
  const second = 1_000_000_000n;
  test.each([
    ['0', 0n],
    ['90', 90n * second],
    ['15m', 900n * second],
    ['1d12h', 129_600n * second],
    ['2w', 1_209_600n * second],
  ])('%s', (text, nanoseconds) => {
    expect(duration('--min-age', text)).toBe(nanoseconds);
  });

  test.each(['', 'd', '1.5h', '-1', '1y', '1d 2h', '12d3'])('%j is refused', (text) => {
    expect(() => duration('--min-age', text)).toThrow('--min-age takes a length of time');
  });
});
