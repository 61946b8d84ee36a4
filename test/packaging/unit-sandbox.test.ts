import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { buildCrashUnion, indexed } from '../crash/crash-scene.js';
import { command } from '../support/command.js';
import { describeKernel } from '../support/needs.js';
import { describeProgram } from '../support/needs-program.js';
import { type OverlayPlace, whileMounted } from '../support/overlay-place.js';
import { syscallSets, tracedCalls } from '../support/syscall-sets.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot, type Tree } from '../support/tree.js';
import { expectSameView } from '../support/tree-diff.js';
import { boundingSet, unitValues } from '../support/unit-file.js';

const units = readdirSync('packaging/systemd').filter((name) => name.endsWith('.service'));
const textOf = (unit: string): string => readFileSync(join('packaging/systemd', unit), 'utf8');

test('all units live in one and the same sandbox', () => {
  for (const key of [
    'CapabilityBoundingSet',
    'SystemCallFilter',
    'SystemCallErrorNumber',
    'NoNewPrivileges',
  ]) {
    expect(new Set(units.map((unit) => unitValues(textOf(unit), key).join()))).toHaveProperty('size', 1);
    expect(unitValues(textOf(units[0] as string), key)).toHaveLength(1);
  }
});

test('none has a mount namespace of its own', () => {
  const namespaced =
    /^(Protect(System|Home|KernelTunables|KernelModules|KernelLogs|ControlGroups|Proc)|Private\w+|(ReadOnly|ReadWrite|Inaccessible|Exec|NoExec)Paths|Bind\w*Paths|TemporaryFileSystem|RootDirectory|RootImage|DynamicUser|MountAPIVFS)=/m;
  for (const unit of units) expect(textOf(unit)).not.toMatch(namespaced);
});

describeKernel('what a unit may do is enough', ['root', 'overlay', 'tmpfs'], () => {
  let directory: TempDir;
  let place: OverlayPlace;
  let before: Tree;

  const view = (options: readonly string[]): Tree =>
    whileMounted(place, options, () => snapshot(place.merged));
  const names = (): string[] => [
    '--upper',
    place.upper,
    '--lower',
    place.lowers[0] as string,
    '--work',
    place.work,
  ];
  const entries = (): string[] =>
    readdirSync(join(place.work, 'index')).filter((name) => !name.startsWith('#'));

  beforeEach(() => {
    directory = tempDir('sandbox');
    command('mount', '-t', 'tmpfs', 'tmpfs', directory.path);
    mkdirSync(join(directory.path, 'union'));
    place = buildCrashUnion(join(directory.path, 'union'));
    before = view(indexed);
  });

  afterEach(() => directory.dispose());

  test('its capabilities flush owners, modes, setuid, capabilities, ACLs, devices and metadata-only files', () => {
    const [program, ...words] = [process.execPath, 'bin/plinkctl.js', 'flush', ...names()];
    const bounds = ['--bounding-set', boundingSet(textOf(units[0] as string)), '--no-new-privs'];
    const { status, stderr } = spawnSync('setpriv', [...bounds, program, ...words], { encoding: 'utf8' });
    expect({ status, stderr, entries: entries() }).toEqual({ status: 0, stderr: '', entries: [] });
    expectSameView(before, view(['index=off', 'metacopy=on']));
  });

  describeProgram('by strace', ['strace', 'systemd-analyze'], () => {
    test.each(['flush', 'prune', 'record'])('its system calls are those of %s', (name) => {
      const trace = join(directory.path, 'trace');
      const rescue = name === 'prune' ? ['--rescue', join(directory.path, 'rescue')] : [];
      const state = ['--state-dir', join(directory.path, 'state')];
      // A systemd older than the kernel refuses the kernel's newest calls, and the program must do without.
      const refusing = [process.execPath, '--require', './test/support/refuse-calls.cjs', 'bin/plinkctl.js'];
      command(
        ...(['strace', '-f', '-qq', '-o', trace, '--env=PLINKCTL_REFUSE_WITH=1', ...refusing, name] as const),
        ...[...names(), ...rescue, ...state],
      );
      const calls = tracedCalls(readFileSync(trace, 'utf8'));
      expect(calls.size).toBeGreaterThan(30);
      const sets = syscallSets();
      const [filter = ''] = unitValues(textOf(units[0] as string), 'SystemCallFilter');
      // systemd adds @default by itself.
      const allowed = new Set(['@default', ...filter.split(' ')].flatMap((set) => [...sets(set)]));
      // Tried once, to see whether it is refused; strace 6.1 has a number for it.
      const tried = new Set(['getxattrat', 'syscall_0x1d0']);
      expect([...calls].filter((call) => !allowed.has(call) && !tried.has(call))).toEqual([]);
      expect(allowed.has('reboot')).toBe(false);
    });
  });
});
