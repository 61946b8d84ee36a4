import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { personalities } from '../../src/cli/personality-of.js';
import { command } from '../support/command.js';
import { flushableOverlay } from '../support/flushable-overlay.js';
import { type Installed, makeInstall } from '../support/installed.js';
import { linksOf } from '../support/links-of.js';
import { describeKernel } from '../support/needs.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

let installed: Installed;

beforeAll(() => {
  installed = makeInstall();
});

afterAll(() => installed.dispose());

describe('make install', () => {
  test('gives a program that runs without the source tree', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(command(installed.at('bin/plinkctl'), '--version')).toBe(`${version}\n`);
    const demo = JSON.parse(command(installed.at('bin/plinkctl'), 'demo', '--json'));
    expect(demo.exitCode).toBe(0);
    expect(readlinkSync(installed.at('bin/plinkctl'))).toBe('../lib/plinkctl/bin/plinkctl.js');
  });

  test('every other name of the program is a helper, and none of them is where umount looks', () => {
    expect(readdirSync(installed.at('lib/plinkctl/helpers')).sort()).toEqual(
      Object.keys(personalities).sort(),
    );
    expect(existsSync(installed.at('sbin'))).toBe(false);
  });

  test('the units call the program where it was installed', () => {
    for (const unit of readdirSync(installed.at('lib/systemd/system'))) {
      const text = readFileSync(installed.at(join('lib/systemd/system', unit)), 'utf8');
      expect(text).not.toContain('/usr/bin/plinkctl');
      if (unit.endsWith('.service')) expect(text).toContain(`=${installed.prefix}/bin/plinkctl `);
    }
  });

  test('manual and papers name the paths where it was installed', () => {
    const places = [installed.at('share/man'), installed.at('share/doc/plinkctl/docs')];
    const named = command('grep', '-rhoE', '[^ `=]*/(lib|share/doc)/plinkctl/(helpers|examples)', ...places);
    const paths = new Set(named.trim().split('\n'));
    const { prefix } = installed;
    expect([...paths].sort()).toEqual([
      `${prefix}/lib/plinkctl/helpers`,
      `${prefix}/share/doc/plinkctl/examples`,
    ]);
  });

  test('what the README links is there', () => {
    const home = installed.at('share/doc/plinkctl');
    const links = linksOf(readFileSync(join(home, 'README.md'), 'utf8'));
    expect(links.filter((link) => !existsSync(join(home, link)))).toEqual([]);
  });

  test('make uninstall leaves no file', () => {
    const other = makeInstall();
    command('make', '--silent', 'uninstall', `PREFIX=${other.prefix}`);
    const left = command('find', other.prefix, '!', '-type', 'd');
    other.dispose();
    expect(left).toBe('');
  });
});

describeKernel('an installed helper', ['root', 'overlay', 'tmpfs'], () => {
  let directory: TempDir;

  beforeAll(() => {
    directory = tempDir('helper');
    command('mount', '-t', 'tmpfs', 'tmpfs', directory.path);
  });

  afterAll(() => directory.dispose());

  test('umount.overlay unmounts and flushes, by the name that it is called by', () => {
    const root = join(directory.path, 'union');
    mkdirSync(root);
    const overlay = flushableOverlay(root);
    overlay.mount();
    expect({ entries: overlay.entries(), whole: overlay.whole() }).toEqual({ entries: 1, whole: false });
    command(installed.at('lib/plinkctl/helpers/umount.overlay'), overlay.place.merged);
    expect(readdirSync(overlay.place.merged)).toEqual([]);
    expect({ entries: overlay.entries(), whole: overlay.whole() }).toEqual({ entries: 0, whole: true });
  });
});
