import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { byDisk } from '../../src/cli/by-disk.js';
import { enterMaintenance } from '../../src/lock/maintenance.js';
import { ascii, type Bytes } from '../../src/sys/bytes.js';
import { kernelRoot } from '../support/kernel-root.js';
import { append, describeIncidents, overlayWith } from '../support/overlay-incident.js';
import { mountOverlay, overlayOptions } from '../support/overlay-mount.js';
import { type OverlayPlace, overlayUnion, whileMounted } from '../support/overlay-place.js';
import { indexNames } from '../support/overlay-verifier.js';
import { runMain } from '../support/run-main.js';

const words = ({ upper, lowers, work }: OverlayPlace, policy = ''): string =>
  `  - {upper: ${upper}, lowers: ${JSON.stringify(lowers)}, work: ${work}${policy}}\n`;

function orphaned(root: string): OverlayPlace {
  const place = overlayWith(root, { session: (view) => append(view, 'A') });
  whileMounted(place, ['index=off'], (view) => unlinkSync(view.at(ascii('B'))));
  whileMounted(place, ['index=on'], (view) => {
    for (const name of ['A', 'd/C']) unlinkSync(view.at(name as Bytes));
  });
  return place;
}

describeIncidents('--all with a configuration', ['ext4', 'xfs'], (directory) => {
  let roots = 0;
  function configured(root: string, text: string, name = 'plinkctl.conf'): string {
    const kernel = join(root, `kernel${++roots}`);
    mkdirSync(kernel);
    return `--kernel-root=${kernelRoot(kernel, { files: { [`etc/${name}`]: text } })}`;
  }

  test('a flush of unions on two disks, summed up, from the main file and a part', async () => {
    const root = directory('ext4');
    const places = [
      overlayWith(directory('ext4')),
      overlayWith(directory('xfs')),
      overlayWith(directory('xfs')),
    ];
    const unions = places.map((place) => overlayUnion(place));
    expect(byDisk([...unions, undefined])).toEqual([[0], [1, 2], [3]]);
    const text = `unions:\n${places.map((place) => words(place)).join('')}`;
    const option = configured(root, text, 'plinkctl.conf.d/10-all.yaml');
    const { code, out } = await runMain('flush', '--all', '--json', option);
    const report = JSON.parse(out);
    expect(code).toBe(0);
    expect(report.targets.map(({ target }: { target: { upper: string } }) => target.upper)).toEqual(
      places.map(({ upper }) => upper),
    );
    expect(report.summary).toMatchObject({ targets: 3, linksRestored: 6, entriesRemoved: 3 });
    const again = await runMain('flush', '--all', option);
    expect(again.out).toContain('3 unions.');
  });

  test('a prune by the policies of the configuration; the command line goes before', async () => {
    const root = directory('ext4');
    const [young, saved] = [orphaned(directory('ext4')), orphaned(directory('xfs'))];
    const rescue = join(root, 'rescue');
    const option = configured(
      root,
      `policy: {min-age: 1h}\nunions:\n${words(young)}${words(saved, `, policy: {min-age: 0, rescue: ${rescue}}`)}`,
    );
    const { code } = await runMain('prune', '--all', option);
    expect([code, indexNames(young).length, indexNames(saved).length]).toEqual([0, 1, 0]);
    expect(readdirSync(rescue)).toHaveLength(2);
    await runMain('prune', '--all', option, '--min-age', '0');
    expect(indexNames(young)).toEqual([]);
  });

  test('one union in trouble: the others are done, and the exit code is the gravest', async () => {
    const root = directory('ext4');
    const [good, busy] = [overlayWith(directory('ext4')), overlayWith(directory('xfs'))];
    const held = await enterMaintenance(overlayUnion(busy), { command: 'test', wait: undefined });
    try {
      const text = `unions:\n${words(busy)}${words({ ...good, upper: join(root, 'missing') })}${words(good)}`;
      const { code, out } = await runMain('flush', '--all', '--json', configured(root, text));
      const { targets } = JSON.parse(out);
      expect(targets.map(({ exitCode }: { exitCode: number }) => exitCode)).toEqual([75, 8, 0]);
      expect(code).toBe(8);
    } finally {
      held.release();
    }
    expect(indexNames(good)).toEqual([]);
  });

  test('a line of fstab with a value that overlayfs refuses is told, and the others are done', async () => {
    const root = directory('ext4');
    const [good, misspelt] = [overlayWith(directory('ext4')), overlayWith(directory('ext4'))];
    const fstab = [
      `overlay ${root}/a overlay ${overlayOptions(misspelt)},metacopy=maybe 0 0\n`,
      `overlay ${root}/b overlay ${overlayOptions(good)},metacopy=off 0 0\n`,
    ];
    const kernel = join(root, `kernel${++roots}`);
    mkdirSync(kernel);
    const option = `--kernel-root=${kernelRoot(kernel, { files: { 'etc/fstab': fstab.join('') } })}`;
    const { code, out, err } = await runMain('flush', '--all', option);
    expect({ code, told: `${out}${err}` }).toEqual({
      code: 16,
      told: expect.stringMatching(/\/a: .*metacopy takes one of on, off, not maybe/),
    });
    expect([good, misspelt].map((place) => indexNames(place).length)).toEqual([0, 1]);
  });

  test('a union is done once, however often and in whatever words it is named', async () => {
    const root = directory('ext4');
    const place = overlayWith(directory('ext4'));
    symlinkSync(place.upper, join(root, 'link'));
    const options = overlayOptions(place);
    const files = {
      'etc/fstab': `overlay ${root} overlay ${options} 0 0\n`,
      'etc/plinkctl.conf': `-o ${options}\n--upper ${join(root, 'link')} --lower ${place.lowers[0]} --work ${place.work}\n`,
      'etc/plinkctl.conf.d/a.yaml': `unions:\n  - {options: "${options}"}\n`,
    };
    const all = async (mounts: string[], without?: 'etc/fstab') => {
      const kernel = join(root, `kernel${++roots}`);
      mkdirSync(kernel);
      const told = { ...files, ...(without === undefined ? {} : { [without]: '' }) };
      const option = `--kernel-root=${kernelRoot(kernel, { mounts, files: told })}`;
      const { code, out } = await runMain('flush', '--all', '--json', option);
      return [code, JSON.parse(out).targets.map((each: { target: object }) => each.target)];
    };
    const mount = mountOverlay({ ...place, options: ['index=on'], target: place.merged });
    try {
      const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
      const own = lines.filter((line) => line.includes(` ${place.merged} `));
      expect(await all(own)).toEqual([0, [expect.objectContaining({ mounted: true })]]);
    } finally {
      mount.unmount();
    }
    const unmounted = [0, [expect.objectContaining({ mounted: false })]];
    expect(await all([])).toEqual(unmounted);
    expect(await all([], 'etc/fstab')).toEqual(unmounted);
    expect(indexNames(place)).toEqual([]);
  });

  test('a prune passes a mounted union over', async () => {
    const place = overlayWith(directory('ext4'));
    const mount = mountOverlay({ ...place, options: ['index=on'], target: place.merged });
    try {
      const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
      const kernel = join(directory('ext4'), `kernel${++roots}`);
      mkdirSync(kernel);
      const mounts = lines.filter((line) => line.includes(` ${place.merged} `));
      const option = `--kernel-root=${kernelRoot(kernel, { mounts })}`;
      const { code, out } = await runMain('prune', '-n', '--all', '--json', option);
      expect({ code, ...JSON.parse(out) }).toMatchObject({
        ...{ code: 0, dryRun: true },
        targets: [{ dryRun: true, note: expect.stringContaining('passed over: it is mounted') }],
      });
    } finally {
      mount.unmount();
    }
  });

  test('a union that waits for a lock does not hold up one on another disk', async () => {
    const root = directory('ext4');
    const [busy, good] = [overlayWith(directory('xfs')), overlayWith(directory('ext4'))];
    const held = await enterMaintenance(overlayUnion(busy), { command: 'test', wait: undefined });
    const option = configured(root, `unions:\n${words(busy)}${words(good)}`);
    const run = runMain('flush', '--all', '--wait=60', option);
    for (let tries = 0; tries < 500 && indexNames(good).length > 0; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect([indexNames(good).length, indexNames(busy).length]).toEqual([0, 1]);
    held.release();
    expect((await run).code).toBe(0);
    expect(indexNames(busy)).toEqual([]);
  });

  test('best effort: what is kept does not make the exit code', async () => {
    const root = directory('ext4');
    const place = orphaned(directory('ext4'));
    const text = (mode: string) => `policy: {mode: ${mode}}\nunions:\n${words(place)}`;
    expect((await runMain('flush', '--all', configured(root, text('strict')))).code).toBe(4);
    expect((await runMain('flush', '--all', configured(root, text('best-effort')))).code).toBe(0);
  });

  test('best effort: what check finds is not forgiven', async () => {
    const root = directory('ext4');
    const place = overlayWith(directory('ext4'));
    writeFileSync(join(place.work, 'index/junk'), 'x');
    const text = `policy: {mode: best-effort}\nunions:\n${words(place)}`;
    const { code, out } = await runMain('check', '--all', '--json', configured(root, text));
    const { targets } = JSON.parse(out);
    expect([code, targets[0].exitCode, targets[0].findings.length > 0]).toEqual([4, 4, true]);
  });

  test('a dry run says which union keeps what, and nothing of work that is done', async () => {
    const root = directory('ext4');
    const [good, kept] = [overlayWith(directory('ext4')), orphaned(directory('ext4'))];
    const option = configured(root, `unions:\n${words(good)}${words(kept)}`);
    const quiet = await runMain('flush', '-n', '-q', '--all', option);
    expect(quiet.code).toBe(4);
    expect(quiet.out).toContain(`upper ${kept.upper} over`);
    expect(quiet.out).not.toContain(`upper ${good.upper} over`);
    const journal = await runMain('flush', '-n', '--all', '--log-format=systemd', option);
    expect(journal.out).toContain(`<4>upper ${kept.upper} over`);
    expect(journal.out).toContain(`<6>upper ${good.upper} over`);
    expect(journal.out).toContain('2 names would be put back, 1 entry would be removed; 1 of them');
    const { out } = await runMain('flush', '-n', '--all', '--json', option);
    expect(JSON.parse(out)).toMatchObject({ dryRun: true, targets: [{ dryRun: true }, { dryRun: true }] });
  });

  test('a fault in the configuration stops before anything is touched', async () => {
    const root = directory('ext4');
    const place = overlayWith(directory('ext4'));
    const file = join(root, 'my.conf');
    writeFileSync(file, `unions:\n${words(place)}  - uper: /u\n`);
    const { code, err } = await runMain('flush', '--all', '--config', file);
    expect([code, err]).toEqual([16, expect.stringContaining('my.conf: line 3: a union has no uper')]);
    expect(indexNames(place)).toHaveLength(1);
    expect(existsSync(join(place.upper, 'B'))).toBe(false);
  });
});
