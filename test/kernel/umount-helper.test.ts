import { spawnSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { bundle } from '../support/bundle.js';
import { describeKernel } from '../support/needs.js';
import { overlayOptions } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayPlace } from '../support/overlay-place.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

describeKernel('umount(8) with umount.overlay as its helper', ['root', 'overlay'], () => {
  let directory: TempDir;
  let helper: string;
  let place: OverlayPlace;
  let tests = 0;

  beforeAll(async () => {
    directory = tempDir('umount');
    for (const name of ['dist', 'sbin-upper', 'sbin-work']) mkdirSync(join(directory.path, name));
    helper = join(directory.path, 'dist/program.mjs');
    await bundle(fileURLToPath(new URL('../support/program-main.ts', import.meta.url)), helper);
    writeFileSync(join(directory.path, 'package.json'), '{ "version": "0.0.0" }');
    chmodSync(helper, 0o755);
  });

  beforeEach(() => {
    tests += 1;
    place = overlayPlace(join(directory.path, `${tests}`));
    const lower = (name: string): string => join(place.lowers[0] ?? '', name);
    mkdirSync(lower('d'));
    writeFileSync(lower('a'), 'old\n');
    for (const name of ['b', 'd/c']) linkSync(lower('a'), lower(name));
  });

  afterAll(() => directory.dispose());

  /** Runs a script in a mount namespace of its own, where the helper is installed and the overlay mounted. */
  const run = (
    script: string,
    env: Record<string, string> = {},
    options: readonly string[] = ['index=on'],
  ) => {
    const at = (name: string): string => join(directory.path, name);
    const result = spawnSync(
      'unshare',
      [
        ...['--mount', '--propagation', 'private', 'sh', '-ec'],
        `mount -i -t overlay -o lowerdir=/usr/sbin,upperdir=${at('sbin-upper')},workdir=${at('sbin-work')} sbin /usr/sbin
        ln -sf ${helper} /usr/sbin/umount.overlay
        mount -i -t overlay -o '${overlayOptions({ ...place, options })}' overlay ${place.merged}
        cd /; set +e
        ${script}`,
        'sh',
        place.merged,
      ],
      { encoding: 'utf8', env: { ...process.env, ...env } },
    );
    return { status: result.status, out: result.stdout, err: result.stderr };
  };

  const write = 'echo new > "$1/a";';
  const entries = (): number => readdirSync(join(place.work, 'index')).length;
  const nlink = (): number => statSync(join(place.upper, 'a')).nlink;

  const expectFlushed = (): void => {
    expect(entries()).toBe(0);
    for (const name of ['a', 'b', 'd/c']) {
      expect(readFileSync(join(place.upper, name), 'utf8')).toBe('new\n');
      expect(statSync(join(place.upper, name)).nlink).toBe(3);
    }
  };

  test('the index is flushed when the overlay is free', () => {
    expect(run(`${write} umount "$1"`)).toEqual({ status: 0, out: '', err: '' });
    expectFlushed();
  });

  test('a second mount of it keeps the index till it is unmounted too', () => {
    const script = `${write} mkdir "$1-too"; mount --bind "$1" "$1-too"
      umount "$1"; echo $?; ls ${place.work}/index | wc -l; umount "$1-too"`;
    expect(run(script)).toEqual({ status: 0, out: '0\n1\n', err: '' });
    expectFlushed();
  });

  test('a busy overlay stays mounted, with umount’s own status and its index', () => {
    const { status, out, err } = run(
      `${write} cd "$1"; umount "$1"; s=$?; cd /; mountpoint -q "$1" && echo still; exit $s`,
    );
    expect({ status, out, err }).toEqual({
      status: 32,
      out: 'still\n',
      err: expect.stringContaining('busy'),
    });
    expect(entries()).toBe(1);
  });

  test('a lazy unmount leaves what is still in use alone, and says so: no other umount will come', () => {
    const script = `${write} exec 5< "$1/b"; umount -l "$1"; echo $?; cat <&5`;
    expect(run(script)).toEqual({
      status: 0,
      out: '0\nnew\n',
      err: 'umount.overlay: its index is not flushed: a process still has a file of it open\n',
    });
    expect(entries()).toBe(1);
  });

  test('kept entries are told of; PLINKCTL_STRICT makes them a failure', () => {
    const script = `${write} ln ${place.upper}/a ${place.upper}-too; umount "$1"; s=$?; mountpoint -q "$1" || echo free; exit $s`;
    const gentle = run(script);
    expect(gentle).toEqual({ status: 0, out: 'free\n', err: expect.stringMatching(/^umount\.overlay: /) });
    expect(entries()).toBe(1);
    const strict = run(script.replace('ln ', 'ln -f '), { PLINKCTL_STRICT: 'yes' });
    expect(strict).toMatchObject({ status: 32, out: 'free\n' });
    expect(entries()).toBe(1);
  });

  test('PLINKCTL_ON_UMOUNT=nothing leaves the index, =restore its entries', () => {
    expect(run(`${write} umount "$1"`, { PLINKCTL_ON_UMOUNT: 'nothing' }).status).toBe(0);
    expect([entries(), nlink()]).toEqual([1, 2]);
    expect(run('umount "$1"', { PLINKCTL_ON_UMOUNT: 'restore' }).status).toBe(0);
    expect([entries(), nlink()]).toEqual([1, 4]);
  });

  test('an overlay without an index is unmounted as ever', () => {
    expect(run(`${write} umount -v "$1"`, {}, ['index=off'])).toEqual({
      status: 0,
      out: '',
      err: expect.not.stringContaining('umount.overlay'),
    });
    expect(nlink()).toBe(1);
  });

  test('a mount point that is not UTF-8', () => {
    const script = `${write} m=$(printf '%s/\\377\\376' "$(dirname "$1")"); mkdir "$m"; mount --move "$1" "$m"; umount "$m"`;
    expect(run(script)).toEqual({ status: 0, out: '', err: '' });
    expectFlushed();
  });

  test('umount -i goes past the helper', () => {
    expect(run(`${write} umount -i "$1"`).status).toBe(0);
    expect(entries()).toBe(1);
  });

  test('called wrongly', () => {
    expect(run('umount.overlay; echo $?; umount.overlay -x "$1"; echo $?; umount -i "$1"').out).toBe(
      '1\n1\n',
    );
  });
});
