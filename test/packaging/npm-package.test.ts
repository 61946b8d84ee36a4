import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { linksOf } from '../support/links-of.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

let directory: TempDir;
let files: string[];
let tarball: string;

beforeAll(() => {
  directory = tempDir('npm');
  // Without the scripts: another test must not lose dist/ to a new build.
  const packed = command('npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', directory.path);
  const [report] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  tarball = join(directory.path, report.filename);
  files = report.files.map(({ path }) => path);
});

afterAll(() => directory.dispose());

describe('the npm package', () => {
  test('holds what is needed to run and to set it up', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'bin/plinkctl.js',
        'dist/main.cjs',
        'dist/ext4-worker.cjs',
        'dist/walk-worker.cjs',
        'man/plinkctl.8',
        'packaging/systemd/plinkctl-flush@.service',
        'packaging/completions/plinkctl.bash',
        'LICENSE',
        'README.md',
      ]),
    );
  });

  test('holds what its README links', () => {
    const links = linksOf(readFileSync('README.md', 'utf8'));
    const there = (link: string): boolean =>
      files.some((file) => file === link || file.startsWith(`${link}/`));
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((link) => !there(link))).toEqual([]);
  });

  test('holds nothing that is only for its makers', () => {
    const places = /^(src|test|bench|fixtures|dist\/bench|packaging\/generate|packaging\/debian|\.)/;
    expect(files.filter((file) => places.test(file) || /\.(tgz|deb|log)$/.test(file))).toEqual([]);
  });

  test('made as the README says, with its scripts, it has the program and the declarations', () => {
    const clone = join(directory.path, 'clone');
    const parts = ['bin', 'src', 'man', 'packaging', 'schema', 'build.mjs', 'package.json', 'CHANGELOG.md'];
    for (const part of [...parts, 'tsconfig.json', 'tsconfig.types.json'])
      cpSync(part, join(clone, part), { recursive: true });
    symlinkSync(resolve('node_modules'), join(clone, 'node_modules'));
    const pack = 'cd "$1" && npm pack --silent --no-update-notifier';
    const name = command('sh', '-c', pack, 'sh', clone).trim();
    const packed = command('tar', '-tzf', join(clone, name)).split('\n');
    expect(packed).toEqual(
      expect.arrayContaining([
        'package/dist/main.cjs',
        'package/dist/index.js',
        'package/dist/types/index.d.ts',
      ]),
    );
  }, 60_000);

  test('installed into an empty prefix, it runs the demo', () => {
    const prefix = join(directory.path, 'prefix');
    command(
      ...(['npm', 'install', '--global', `--prefix=${prefix}`] as const),
      ...['--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier', tarball],
    );
    expect(readdirSync(join(prefix, 'bin'))).toEqual(['plinkctl']);
    const demo = JSON.parse(command(join(prefix, 'bin/plinkctl'), 'demo', '--json'));
    expect(demo.exitCode).toBe(0);
    expect(existsSync(join(prefix, 'share/man/man8/plinkctl.8'))).toBe(true);
  }, 120_000);
});
