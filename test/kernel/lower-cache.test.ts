import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { directoriesRead } from '../support/directories-read.js';
import { type LoopImage, makeLoopImage, packLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { append } from '../support/overlay-incident.js';
import { type OverlayPlace, overlayPlace, whileMounted } from '../support/overlay-place.js';
import { runMain } from '../support/run-main.js';
import { type TempDir, tempDir } from '../support/temp-dir.js';

const DIRECTORIES = 120;
const far = ['d0/e0', 'd3/e43', 'd9/e119'];

function fill(lower: string): void {
  for (let i = 0; i < DIRECTORIES; i += 1) mkdirSync(join(lower, `d${i % 10}/e${i}`), { recursive: true });
  for (const group of ['f', 'g']) {
    writeFileSync(join(lower, group), 'old\n');
    for (const directory of far) linkSync(join(lower, group), join(lower, directory, `${group}2`));
  }
}

describeKernel('a cache of lowers', ['root', 'loop', 'overlay', 'ext4', 'squashfs', 'erofs', 'tmpfs'], () => {
  let [home, state]: TempDir[] = [];
  let writable: LoopImage | undefined;
  const lowers = new Map<string, LoopImage>();
  beforeAll(() => {
    writable = makeLoopImage('ext4');
    const source = tempDir('source');
    fill(source.path);
    for (const type of ['squashfs', 'erofs'] as const) lowers.set(type, packLoopImage(type, source.path));
    source.dispose();
    const image = makeLoopImage('ext4');
    fill(image.mountpoint);
    image.remount('ro');
    lowers.set('ext4', image);
  });
  afterAll(() => {
    for (const image of lowers.values()) image.dispose();
    writable?.dispose();
  });
  afterEach(() => {
    home?.dispose();
    state?.dispose();
  });

  let unions = 0;
  function unionOver(type: string): OverlayPlace {
    home = tempDir('cache');
    state = tempDir('state');
    unions += 1;
    const place = overlayPlace(join(writable?.mountpoint ?? '', `union${unions}`), [
      lowers.get(type)?.mountpoint ?? '',
    ]);
    whileMounted(place, ['index=on'], (view) => append(view, 'f'));
    return place;
  }

  const directory = (): string => join(state?.path ?? '', 'own');
  const files = (): string[] => readdirSync(directory()).sort();
  const onlyFile = (): string => join(directory(), files()[0] ?? '');

  /** What `list` says with the cache, and how many directories of the lower it read. */
  async function look(place: OverlayPlace, ...words: readonly string[]) {
    const [lower = ''] = place.lowers;
    const union = ['--upper', place.upper, '--work', place.work, '--lower', lower];
    const [{ code, out, err }, read] = await directoriesRead(lower, () =>
      // From its device an ext4 tells all that a cache could.
      runMain('list', '--json', '--no-device', ...union, '--state-dir', directory(), ...words),
    );
    expect(code).toBe(0);
    return { entries: JSON.parse(out).entries as unknown, err, read };
  }

  test.each(['squashfs', 'erofs', 'ext4'])('%s: the second look walks nothing', async (type) => {
    const place = unionOver(type);
    const plain = await look(place);
    expect(plain.read).toBeGreaterThan(DIRECTORIES / 3);
    const first = await look(place, '--lower-cache');
    expect(first.read).toBeGreaterThan(DIRECTORIES);
    expect([statSync(directory()).mode & 0o777, statSync(onlyFile()).mode & 0o777]).toEqual([0o700, 0o600]);
    const second = await look(place, '--lower-cache');
    // The root, and the three directories below theirs.
    expect(second.read).toBe(7);
    expect([first, second].map(({ entries, err }) => [entries, err])).toEqual([
      [plain.entries, ''],
      [plain.entries, ''],
    ]);
  });

  /** Writes another list with a right checksum. */
  function lie(change: (body: { directories: string[]; groups: unknown[][] }) => void): void {
    const [head = '', body = ''] = readFileSync(onlyFile(), 'utf8').split('\n');
    const lies = JSON.parse(body);
    change(lies);
    const text = `${JSON.stringify(lies)}\n`;
    const sum = createHash('sha256').update(text).digest('hex');
    writeFileSync(onlyFile(), `${head.replace(/[0-9a-f]{64}$/, sum)}\n${text}`);
  }
  function changeGroups(change: (group: unknown[]) => void): void {
    lie(({ groups }) => {
      for (const group of groups) change(group);
    });
  }
  const bytes = (change: (text: Buffer) => Buffer) => () =>
    writeFileSync(onlyFile(), change(readFileSync(onlyFile())));

  test.each([
    ['empty', bytes(() => Buffer.alloc(0))],
    ['cut short', bytes((text) => text.subarray(0, text.length - 9))],
    ['cut after its first line', bytes((text) => text.subarray(0, text.indexOf('\n') + 1))],
    [
      'with one bit changed',
      bytes((text) => Buffer.from(text.map((byte, i) => (i === 300 ? byte ^ 1 : byte)))),
    ],
    ['of another version', bytes((text) => Buffer.from(text.toString().replace('groups 1', 'groups 2')))],
    ['of another lower', () => lie((body) => Object.assign(body, { lower: 'another' }))],
    ['not of its shape', () => lie((body) => Object.assign(body, { groups: { a: 1 } }))],
    ['that leaves the group out', () => lie((body) => body.groups.splice(0))],
    ['that leaves directories out', () => changeGroups((group) => group.splice(2))],
    ['that names others', () => lie((body) => body.directories.fill('d1/e1'))],
    ['that leads away', () => lie((body) => body.directories.fill('../../etc'))],
    ['with positions that are none', () => changeGroups((group) => group.push(-1, 1e9))],
  ])('a file %s: the same is found, and written anew', async (what, spoil) => {
    const place = unionOver('erofs');
    const plain = await look(place);
    await look(place, '--lower-cache');
    const right = readFileSync(onlyFile());
    spoil();
    const spoiled = await look(place, '--lower-cache');
    expect([spoiled.entries, spoiled.err]).toEqual([plain.entries, '']);
    // Positions too many cost nothing.
    if (!what.startsWith('with positions')) expect(readFileSync(onlyFile()).equals(right)).toBe(true);
    expect((await look(place, '--lower-cache')).read).toBe(7);
  });

  test('an image that was changed elsewhere', async () => {
    const place = unionOver('ext4');
    await look(place, '--lower-cache');
    const image = lowers.get('ext4');
    image?.remount('rw');
    const lower = image?.mountpoint ?? '';
    linkSync(join(lower, 'f'), join(lower, 'd5/e55/f3'));
    unlinkSync(join(lower, 'd3/e43/f2'));
    image?.remount('ro');
    const [after, plain] = [await look(place, '--lower-cache'), await look(place)];
    expect(after.entries).toEqual(plain.entries);
    expect(JSON.stringify(after.entries)).toContain('d5/e55/f3');
    expect((await look(place, '--lower-cache')).read).toBe(7);
  });

  test('a lower that may be written to has none', async () => {
    unionOver('ext4');
    const root = join(writable?.mountpoint ?? '', 'writable');
    mkdirSync(join(root, 'lower'), { recursive: true });
    fill(join(root, 'lower'));
    const place = overlayPlace(root);
    whileMounted(place, ['index=on'], (view) => append(view, 'f'));
    await look(place, '--lower-cache');
    expect(readdirSync(state?.path ?? '')).toEqual([]);
  });

  test("a directory that is not this user's alone: a warning, and no cache", async () => {
    const place = unionOver('squashfs');
    mkdirSync(directory());
    chmodSync(directory(), 0o777);
    const plain = await look(place);
    const warned = await look(place, '--lower-cache');
    expect(warned.entries).toEqual(plain.entries);
    expect(warned.err).toMatch(/the cache of lowers is not used: the state directory is not this user/);
    expect(files()).toEqual([]);
  });
});
