import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { command } from '../support/command.js';
import { type FlushableOverlay, flushableOverlay } from '../support/flushable-overlay.js';
import { describeKernel } from '../support/needs.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

const shutdownHook = 'packaging/dracut/95plinkctl/plinkctl-shutdown.sh';
const bootScript = 'packaging/initramfs-tools/scripts/local-bottom/plinkctl';

describeKernel('the hooks of a live system', ['root', 'overlay', 'tmpfs'], () => {
  let directory: TempDir;
  let overlay: FlushableOverlay;
  const at = (name: string): string => join(directory.path, name);

  beforeEach(() => {
    directory = tempDir('live');
    command('mount', '-t', 'tmpfs', 'tmpfs', directory.path);
    for (const name of ['union', 'bin', 'kernel/proc/self', 'kernel/etc']) {
      mkdirSync(at(name), { recursive: true });
    }
    overlay = flushableOverlay(at('union'));
    const { upper, work, lowers } = overlay.place;
    writeFileSync(at('conf'), `--upper ${upper} --lower ${lowers[0]} --work ${work}\n`);
    writeFileSync(at('kernel/proc/self/mountinfo'), '');
    // The machine's own unions are none of a test's business.
    const program = `#!/bin/sh\nexec '${process.execPath}' '${process.cwd()}/bin/plinkctl.js' "$@" --kernel-root='${at('kernel')}'\n`;
    writeFileSync(at('bin/plinkctl'), program);
    chmodSync(at('bin/plinkctl'), 0o755);
  });

  afterEach(() => directory.dispose());

  const run = (script: string, conf: string, ...args: string[]): number | null =>
    spawnSync('sh', [script, ...args], {
      env: { ...process.env, PATH: `${at('bin')}${delimiter}${process.env.PATH}`, PLINKCTL_CONF: conf },
    }).status;

  test.each([shutdownHook, bootScript])('%s flushes what the configuration names', (script) => {
    expect(overlay.whole()).toBe(false);
    expect(run(script, at('conf'))).toBe(0);
    expect({ whole: overlay.whole(), entries: overlay.entries() }).toEqual({ whole: true, entries: 0 });
  });

  test('without a configuration they do nothing', () => {
    for (const script of [shutdownHook, bootScript]) expect(run(script, at('no-conf'))).toBe(0);
    expect(overlay.entries()).toBe(1);
  });

  test('a branch that is not there: dracut tries again, the last try and a boot go on', () => {
    writeFileSync(at('conf'), `--upper ${at('gone')} --lower ${at('gone')} --work ${at('gone')}\n`);
    expect(run(shutdownHook, at('conf'))).toBe(1);
    expect(run(shutdownHook, at('conf'), 'final')).toBe(0);
    expect(run(bootScript, at('conf'))).toBe(0);
  });
});
