import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Bytes, bytesFromText, bytesOf } from '../../src/sys/bytes.js';
import { standForMount } from '../support/aufs-mount-copy.js';
import { aufsUnion } from '../support/aufs-place.js';
import { aufsView } from '../support/aufs-view.js';
import { type LoopImage, openLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { runMain } from '../support/run-main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';

const captures = fileURLToPath(new URL('../../fixtures/aufs', import.meta.url));

const opened: (LoopImage | TempDir)[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.dispose();
});

interface Place {
  readonly upper: string;
  readonly lower: string;
  readonly state: string;
  readonly mount: string;
  readonly kernel: Bytes;
}

/** A captured union whose mount is stood for by a directory; `shown` is what it showed. */
function openPlace(name: string, shown: string): Place {
  const image = (each: string): string => {
    const loop = openLoopImage(join(captures, name, `${each}.img.gz`));
    opened.push(loop);
    return loop.mountpoint;
  };
  const [upper, lower] = [image('upper-before'), image('lower')];
  const directory = tempDir('recorded');
  opened.push(directory);
  const listing = join(captures, name, `${shown}.json`);
  const state = join(directory.path, 'state');
  return { upper, lower, state, ...standForMount(directory.path, listing, upper, lower) };
}

const record = ({ mount, state, kernel }: Place, ...options: string[]) =>
  runMain('record', '--json', '--state-dir', state, '--kernel-root', String(kernel), ...options, mount);

const offline = ({ upper, lower, state }: Place, command: string, ...options: string[]) =>
  runMain(command, '--json', '--state-dir', state, ...options, '-o', `br:${upper}=rw:${lower}=ro`);

interface Shown {
  readonly path: Bytes;
  readonly ino: number;
  readonly content: string | undefined;
}

function capturedView(name: string, shown: string): Shown[] {
  const rows = JSON.parse(readFileSync(join(captures, name, `${shown}.json`), 'utf8')) as {
    path: string | { b64: string };
    type: string;
    ino: number;
    sha256?: string;
  }[];
  return rows
    .filter(({ type, path }) => type !== 'dir' && path !== '.')
    .map(({ path, ino, sha256 }) => ({
      path: typeof path === 'string' ? bytesFromText(path) : bytesOf(Buffer.from(path.b64, 'base64')),
      ino,
      content: sha256?.slice(0, 16),
    }));
}

/** The names of each file with more than one name, and what each regular name holds. */
function groups(rows: readonly { path: Bytes; file: string | number; content: string | undefined }[]) {
  const byFile = new Map<string | number, string[]>();
  for (const { path, file } of rows) byFile.set(file, [...(byFile.get(file) ?? []), path]);
  return {
    groups: [...byFile.values()].map((names) => names.sort().join('\n')).sort(),
    contents: Object.fromEntries(rows.map(({ path, content }) => [path, content])),
  };
}

const viewNow = ({ upper, lower }: Place) =>
  groups(
    [...aufsView(aufsUnion(`${upper}=rw`, `${lower}=ro`))]
      .filter(([, { kind }]) => kind !== 'directory')
      .map(([path, { file, kind, content }]) => ({
        path,
        file,
        content: kind === 'file' ? content : undefined,
      })),
  );

const viewThen = (name: string, shown: string) =>
  groups(capturedView(name, shown).map(({ path, ino, content }) => ({ path, file: ino, content })));

describeKernel('aufs branches with a record of their names', ['root', 'loop', 'ext4'], () => {
  describe.each([
    ['a', 'merged-before', []],
    ['a2', 'merged-before', []],
    ['b', 'merged-before', ['20']],
    ['c', 'merged-before', []],
    ['f', 'merged-before-crash', ['21']],
  ] as const)('%s', (name, shown, nameless) => {
    test('record changes nothing and writes a private file', async () => {
      const place = openPlace(name, shown);
      const before = [snapshot(place.upper), snapshot(place.lower), snapshot(place.mount)];
      const { code, out } = await record(place);
      expect(code).toBe(nameless.length > 0 ? 4 : 0);
      const unknown = JSON.parse(out).entries.filter((entry: { recorded: boolean }) => !entry.recorded);
      expect(unknown.map((entry: { name: string }) => entry.name.split('.')[1])).toEqual(nameless);
      for (const [i, root] of [place.upper, place.lower, place.mount].entries()) {
        expectSameTree(before[i] ?? [], snapshot(root));
      }
      const [file = '', ...more] = readdirSync(place.state);
      expect(more).toEqual([]);
      expect([statSync(place.state).mode & 0o777, statSync(join(place.state, file)).mode & 0o777]).toEqual([
        0o700, 0o600,
      ]);
    });

    test('without a record nothing is pruned', async () => {
      const place = openPlace(name, shown);
      const before = snapshot(place.upper);
      const { out } = await offline(place, 'prune', '--min-age', '0', '--without-rescue');
      expect(JSON.parse(out).summary.entriesRemoved).toBe(0);
      expectSameTree(before, snapshot(place.upper), { ignore: ['atime'] });
    });

    test('after a crash a flush brings every name back as the union showed it', async () => {
      const place = openPlace(name, shown);
      await record(place);
      const { code, out } = await offline(place, 'flush');
      const kept = JSON.parse(out).entries.filter((entry: { removed: boolean }) => !entry.removed);
      expect(kept.map((entry: { name: string }) => entry.name.split('.')[1])).toEqual(nameless);
      expect(code).toBe(nameless.length > 0 ? 4 : 0);
      expect(viewNow(place)).toEqual(viewThen(name, shown));
      // The nameless entry was never seen with a name: nothing proves that it may go.
      const again = await offline(place, 'prune', '--min-age', '0', '--without-rescue');
      expect(JSON.parse(again.out).summary.entriesRemoved).toBe(0);
    });
  });

  test('a whiteout made after the record wins', async () => {
    const place = openPlace('b', 'merged-before');
    await record(place);
    writeFileSync(join(place.upper, '.wh.fileB'), '');
    await offline(place, 'flush');
    const view = viewNow(place).groups;
    expect(view).toContain('d/fileC');
    expect(view.join('\n')).not.toContain('fileB');
  });

  test('the classic disaster: a later mount with other numbers does not spoil the record', async () => {
    const place = openPlace('f', 'merged-before-crash');
    await record(place);
    // The same numbers mean other files in the next mount.
    const later = tempDir('later');
    opened.push(later);
    const mount = join(later.path, 'mount');
    mkdirSync(mount);
    const kernel = join(later.path, 'kernel');
    const si = '0123456789abcdef';
    for (const [path, text] of Object.entries({
      'proc/self/mountinfo': `40 25 0:40 / ${mount} rw,relatime - aufs none rw,si=${si}\n`,
      [`sys/fs/aufs/si_${si}/br0`]: `${place.upper}=rw\n`,
      [`sys/fs/aufs/si_${si}/br1`]: `${place.lower}=ro\n`,
    })) {
      mkdirSync(join(kernel, path, '..'), { recursive: true });
      writeFileSync(join(kernel, path), text);
    }
    await record({ ...place, mount, kernel: bytesFromText(kernel) });
    await offline(place, 'flush');
    expect(viewNow(place)).toEqual(viewThen('f', 'merged-before-crash'));
  });
});
