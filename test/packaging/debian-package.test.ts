import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { describeProgram } from '../support/needs-program.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

describeProgram('the Debian package', ['dpkg', 'dpkg-deb', 'make'], () => {
  let directory: TempDir;
  let root: string;
  let file: string;

  beforeAll(() => {
    directory = tempDir('deb');
    root = join(directory.path, 'root');
    for (const each of ['info', 'updates']) mkdirSync(join(root, 'var/lib/dpkg', each), { recursive: true });
    writeFileSync(join(root, 'var/lib/dpkg/status'), '');
    file = build(directory.path);
  });

  afterAll(() => directory.dispose());

  const build = (target: string): string =>
    command(
      ...(['make', '--silent', '--old-file=dist/main.cjs', 'deb'] as const),
      ...[`DEB_DIR=${target}`, 'SOURCE_DATE_EPOCH=1000000000'],
    ).trim();

  const dpkg = (...args: string[]): string =>
    command(
      'dpkg',
      `--root=${root}`,
      `--log=${join(directory.path, 'log')}`,
      // The private root has no shell for a chroot; the scripts heed DPKG_ROOT.
      '--force-script-chrootless',
      '--force-not-root',
      // Nor is there a nodejs in it; and on many machines node is none of dpkg's business.
      '--force-depends',
      '--force-unsafe-io',
      ...args,
    );

  test('says what it needs', () => {
    expect(command('dpkg-deb', '--field', file, 'Depends').trim()).toMatch(
      /^nodejs \(>= 20\.\d+\), libc6 \(>= 2\.25\), libgcc-s1, libstdc\+\+6$/,
    );
    expect(command('dpkg-deb', '--field', file, 'Architecture')).toBe(
      command('dpkg', '--print-architecture'),
    );
  });

  test('is installed, runs, and is removed to the last file', () => {
    dpkg('--install', file);
    expect(dpkg('--status', 'plinkctl')).toContain('Status: install ok installed');
    const demo = JSON.parse(command(join(root, 'usr/bin/plinkctl'), 'demo', '--json'));
    expect(demo.exitCode).toBe(0);
    expect(existsSync(join(root, 'usr/share/man/man8/plinkctl.8.gz'))).toBe(true);
    expect(existsSync(join(root, 'usr/lib/systemd/system/plinkctl-prune.timer'))).toBe(true);
    dpkg('--purge', 'plinkctl');
    expect(command('find', root, '-not', '-path', '*/var/lib/dpkg/*', '!', '-type', 'd')).toBe('');
    expect(existsSync(join(root, 'usr/lib/plinkctl'))).toBe(false);
  });

  test('two builds give the same file', () => {
    const other = join(directory.path, 'other');
    const again = build(other);
    expect(command('cmp', file, again)).toBe('');
  });
});
