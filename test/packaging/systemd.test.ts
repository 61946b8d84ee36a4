import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { type FlushableOverlay, flushableOverlay } from '../support/flushable-overlay.js';
import { type Installed, makeInstall } from '../support/installed.js';
import { describeKernel } from '../support/needs.js';
import { describeProgram } from '../support/needs-program.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { boundingSet, unitValues } from '../support/unit-file.js';

const UNITS = 'lib/systemd/system';
let installed: Installed;

beforeAll(() => {
  installed = makeInstall();
});

afterAll(() => installed.dispose());

const unitText = (name: string): string => readFileSync(installed.at(join(UNITS, name)), 'utf8');

describeProgram('the units', ['systemd-analyze'], () => {
  let directory: TempDir;

  beforeEach(() => {
    directory = tempDir('units');
    for (const unit of readdirSync(installed.at(UNITS))) {
      copyFileSync(installed.at(join(UNITS, unit)), join(directory.path, unit));
    }
    for (const unit of readdirSync('packaging/systemd/examples').filter((each) =>
      each.endsWith('.service'),
    )) {
      copyFileSync(
        join('packaging/systemd/examples', unit),
        join(directory.path, unit.replace('@', '@example')),
      );
    }
    copyFileSync(
      join(directory.path, 'plinkctl-flush@.service'),
      join(directory.path, 'plinkctl-flush@mnt-union.service'),
    );
    // As systemd-fstab-generator writes it, with what enabling the instance adds.
    const mount = `[Unit]
Before=local-fs.target
Wants=plinkctl-flush@mnt-union.service
[Mount]
What=overlay
Where=/mnt/union
Type=overlay
Options=lowerdir=/l,upperdir=/u,workdir=/w
`;
    writeFileSync(join(directory.path, 'mnt-union.mount'), mount);
  });

  afterEach(() => directory.dispose());

  function verify(): { status: number | null; text: string } {
    const units = readdirSync(directory.path).filter((unit) => !unit.includes('@.'));
    const { status, stderr } = spawnSync(
      'systemd-analyze',
      // The manual of a package that is not installed is not there.
      ['verify', '--man=no', ...units.map((unit) => join(directory.path, unit))],
      // The colon: the directories of the system come after.
      { encoding: 'utf8', env: { ...process.env, SYSTEMD_UNIT_PATH: `${directory.path}:`, LC_ALL: 'C' } },
    );
    return { status, text: stderr };
  }

  test('pass systemd-analyze verify, a mount of fstab among them', () => {
    expect(verify()).toEqual({ status: 0, text: '' });
  });

  test('would make a cycle before local-fs.target with default dependencies', () => {
    const file = join(directory.path, 'plinkctl-flush@mnt-union.service');
    writeFileSync(file, readFileSync(file, 'utf8').replace('DefaultDependencies=no\n', ''));
    expect(verify().text).toContain('ordering cycle');
  });
});

describeKernel('what the units run', ['root', 'overlay', 'tmpfs'], () => {
  let directory: TempDir;
  let overlay: FlushableOverlay;
  let kernelRoot: string;

  beforeEach(() => {
    directory = tempDir('unit-run');
    command('mount', '-t', 'tmpfs', 'tmpfs', directory.path);
    const root = join(directory.path, 'union');
    kernelRoot = join(directory.path, 'kernel');
    mkdirSync(root);
    overlay = flushableOverlay(root);
    // The machine's own unions are none of a test's business.
    mkdirSync(join(kernelRoot, 'proc/self'), { recursive: true });
    mkdirSync(join(kernelRoot, 'etc'));
    writeFileSync(join(kernelRoot, 'proc/self/mountinfo'), '');
    writeFileSync(
      join(kernelRoot, 'etc/fstab'),
      `overlay ${overlay.place.merged} overlay ${overlay.options} 0 0\n`,
    );
  });

  afterEach(() => directory.dispose());

  /** Runs a line of a unit as it is written, with the unit's capabilities. */
  function run(unit: string, key: string) {
    const text = unitText(unit);
    const [line = ''] = unitValues(text, key);
    const words = line
      .split(' ')
      .map((word) => word.replace('%f', overlay.place.merged))
      .map((word) => word.replace('/var/lib/plinkctl', join(directory.path, 'state')));
    const { status, stderr } = spawnSync(
      'setpriv',
      [
        ...['--bounding-set', boundingSet(text), '--no-new-privs', ...words],
        // Neither are the machine's own records.
        ...[`--kernel-root=${kernelRoot}`, `--state-dir=${join(directory.path, 'state')}`],
      ],
      { encoding: 'utf8' },
    );
    return { status, stderr };
  }

  test('plinkctl-flush@ flushes a union of fstab', () => {
    expect(overlay.whole()).toBe(false);
    expect(run('plinkctl-flush@.service', 'ExecStop')).toEqual({ status: 0, stderr: '' });
    expect({ entries: overlay.entries(), whole: overlay.whole() }).toEqual({ entries: 0, whole: true });
  });

  test('plinkctl-flush@ starts with what it stops with', () => {
    const text = unitText('plinkctl-flush@.service');
    expect(unitValues(text, 'ExecStart')).toEqual(unitValues(text, 'ExecStop'));
  });

  test.each(['prune', 'record'])('the line of plinkctl-%s.service runs as it is written', (name) => {
    mkdirSync(join(directory.path, 'state/rescue'), { recursive: true });
    expect(run(`plinkctl-${name}.service`, 'ExecStart')).toEqual({ status: 0, stderr: '' });
    expect(overlay.entries()).toBe(1);
  });
});
