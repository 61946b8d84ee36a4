import { execFileSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { DirectoryReader, Sought } from '../../src/scan/ext4/directory-reader.js';
import { Ext4Image } from '../../src/scan/ext4/ext4-image.js';
import { Ext4Places, type FoundPlaces } from '../../src/scan/ext4/ext4-places.js';
import { Ext4Tree } from '../../src/scan/ext4/ext4-tree.js';
import { searchExt4 } from '../../src/scan/ext4/search-ext4.js';
import { SoughtInodes } from '../../src/scan/ext4/sought-inodes.js';
import { type Bytes, bytesFromText } from '../../src/sys/bytes.js';
import { O_RDONLY, openDirectory, openTrusted, withFd } from '../../src/sys/open.js';
import { interpose } from '../../src/sys/seam.js';
import { stat } from '../../src/sys/stat.js';
import { type LoopImage, makeExt4Image } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { Random } from '../support/random.js';

const NAMES = 6000;

/** A tree with what directories of ext4 can be like; returns inode numbers of files with several names. */
function fill(root: string, random: Random): void {
  const directories = [''];
  for (let i = 0; i < 150; i += 1) {
    const path = join(random.pick(directories), `${'d'.repeat(random.between(1, 40))}${i}`);
    mkdirSync(join(root, path));
    directories.push(path);
  }
  // Two that grow by turns lie in pieces: more than an inode has room to tell of.
  mkdirSync(join(root, 'large'));
  mkdirSync(join(root, 'larger'));
  directories.push('large', 'larger');
  for (let i = 0; i < NAMES; i += 1) {
    writeFileSync(join(root, i % 2 === 0 ? 'large' : 'larger', `${i}${'x'.repeat(200)}`), '');
    if (i % 50 === 0) writeFileSync(join(root, `between${i}`), 'x'.repeat(5000));
  }
  // Removed names leave unused records behind.
  for (let i = 0; i < NAMES; i += 3)
    rmSync(join(root, i % 2 === 0 ? 'large' : 'larger', `${i}${'x'.repeat(200)}`));
  for (let i = 0; i < 120; i += 1) {
    const first = join(root, random.pick(directories), `file${i}`);
    if (random.chance(20)) symlinkSync('anywhere', first);
    else writeFileSync(first, `${i}`);
    for (let k = random.between(0, 4); k > 0; k -= 1)
      linkSync(first, join(root, random.pick(directories), `link${i}-${k}`));
  }
}

/** Directories that hold names of an inode, as find tells. */
function found(root: string): Map<number, Set<string>> {
  const inodes = new Map<number, Set<string>>();
  const out = execFileSync('find', ['.', '!', '-type', 'd', '-printf', '%i %h\\0'], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
  for (const line of out.toString('latin1').split('\0')) {
    const [, inode = '', directory = ''] = /^(\d+) \.\/?(.*)$/s.exec(line) ?? [];
    if (inode === '') continue;
    const directories = inodes.get(Number(inode)) ?? new Set();
    inodes.set(Number(inode), directories.add(directory));
  }
  return inodes;
}

async function search(root: string, inodes: readonly number[], top = root): Promise<FoundPlaces> {
  const { dev, ino } = withFd(openDirectory(bytesFromText(top)), (fd) => stat(fd, '' as Bytes));
  const places = new Ext4Places();
  await searchExt4({ dev, uuid: undefined, roots: [Number(ino)], inodes }, places, () => undefined);
  return places.take();
}

const paths = ({ inside }: FoundPlaces): string[] => inside.flatMap((each) => [...each.paths]).sort();

describeKernel('directories read from an ext4 device', ['root', 'loop', 'ext4'], () => {
  let image: LoopImage | undefined;
  afterEach(() => {
    interpose(undefined);
    image?.dispose();
    image = undefined;
  });

  test.each([
    ['as it is made', []],
    ['with small blocks', ['-b', '1024']],
    ['with small inodes', ['-I', '128']],
    ['of 32 bits', ['-O', '^64bit']],
    ['without checksums', ['-O', '^metadata_csum']],
    ['without an index of directories', ['-O', '^dir_index']],
    ['with clusters', ['-O', 'bigalloc']],
    ['with large directories', ['-O', 'large_dir']],
    ['with blocks of 2 KiB and inodes of 512 bytes', ['-b', '2048', '-I', '512']],
    ['without a journal', ['-O', '^has_journal']],
    ['without flexible groups', ['-O', '^flex_bg']],
  ])('%s: every directory of every name, and no other', async (_, options) => {
    image = makeExt4Image(options);
    const root = image.mountpoint;
    fill(root, new Random(options.join().length + 7));
    const names = found(root);
    // All of them at once, while the changes are in memory alone and when they are on the disk.
    const all = await search(root, [...names.keys()]);
    expect(paths(all)).toEqual([...new Set([...names.values()].flatMap((each) => [...each]))].sort());
    image.remount();
    for (const [inode, directories] of [...names].filter(([, { size }]) => size > 2).slice(0, 20))
      expect(paths(await search(root, [inode]))).toEqual([...directories].sort());
  });

  test.each([
    ['without extents', ['-O', '^extents,^64bit']],
    ['without types of names', ['-O', '^filetype,^metadata_csum']],
    ['whose descriptors lie elsewhere', ['-O', 'meta_bg,^resize_inode']],
  ])('%s: nothing is told', async (_, options) => {
    image = makeExt4Image(options);
    fill(image.mountpoint, new Random(3));
    expect(paths(await search(image.mountpoint, [...found(image.mountpoint).keys()]))).toEqual([]);
  });

  test('with data in inodes: what such a directory holds is left out', async () => {
    image = makeExt4Image(['-O', 'inline_data', '-I', '256']);
    const root = image.mountpoint;
    mkdirSync(join(root, 'small'));
    mkdirSync(join(root, 'large'));
    writeFileSync(join(root, 'small/f'), '');
    for (let i = 0; i < 200; i += 1) writeFileSync(join(root, `large/f${i}`), '');
    linkSync(join(root, 'small/f'), join(root, 'large/link'));
    for (let i = 0; i < 50; i += 1) writeFileSync(join(root, `f${i}`), '');
    const names = found(root);
    const [inode] = [...names].find(([, directories]) => directories.has('small')) ?? [];
    expect(paths(await search(root, [inode as number]))).toEqual(['large']);
  });

  test('below a root alone, and what is outside by its handle', async () => {
    image = makeExt4Image([]);
    const root = image.mountpoint;
    mkdirSync(join(root, 'layer/a'), { recursive: true });
    mkdirSync(join(root, 'elsewhere'));
    writeFileSync(join(root, 'layer/f'), '');
    linkSync(join(root, 'layer/f'), join(root, 'layer/a/f'));
    const [inode] = [...found(root)].find(([, directories]) => directories.has('layer/a')) ?? [];
    const sought = [inode as number];
    expect(await search(root, sought, join(root, 'layer'))).toMatchObject({
      inside: [{ paths: ['', 'a'] }],
      outside: [],
    });
    linkSync(join(root, 'layer/f'), join(root, 'elsewhere/f'));
    const { ino } = withFd(openDirectory(bytesFromText(join(root, 'elsewhere'))), (fd) =>
      stat(fd, '' as Bytes),
    );
    const { inside, outside } = await search(root, sought, join(root, 'layer'));
    expect(inside).toMatchObject([{ paths: ['', 'a'] }]);
    expect(outside.map((each) => each.inode)).toEqual([Number(ino)]);
  });

  test('a disk with many more directories than the layer has is not looked through', async () => {
    image = makeExt4Image([]);
    const root = image.mountpoint;
    mkdirSync(join(root, 'layer'));
    for (let i = 0; i < 5000; i += 1) mkdirSync(join(root, `elsewhere${i}`));
    writeFileSync(join(root, 'layer/f'), '');
    linkSync(join(root, 'layer/f'), join(root, 'elsewhere7/f'));
    const [inode] = [...found(root)].find(([, directories]) => directories.has('layer')) ?? [];
    const { inside, outside } = await search(root, [inode as number], join(root, 'layer'));
    expect(inside).toMatchObject([{ paths: [''] }]);
    expect(outside).toEqual([]);
  });

  test('more inodes than bits: the same is found', () => {
    image = makeExt4Image([]);
    fill(image.mountpoint, new Random(13));
    const inodes = [...found(image.mountpoint)].filter(([, { size }]) => size > 1).map(([inode]) => inode);
    image.unmount();
    const told = searchImageFile(image.image, inodes, 2 ** 26).sort();
    expect(told.length).toBeGreaterThan(20);
    expect(searchImageFile(image.image, inodes, 64).sort()).toEqual(told);
  });

  test('more directories than there is room for: those that were kept are read, the others are told as unread', () => {
    image = makeExt4Image([]);
    const root = image.mountpoint;
    for (let i = 0; i < 300; i += 1) {
      mkdirSync(join(root, `${'d'.repeat(240)}${i}`));
      writeFileSync(join(root, `${'d'.repeat(240)}${i}`, 'f'), '');
    }
    image.unmount();
    const open = Ext4Image.on(openTrusted(bytesFromText(image.image), O_RDONLY)) as Ext4Image;
    try {
      for (const most of [2 ** 26, 0]) {
        const tree = new Ext4Tree(open.reader(most) as DirectoryReader, 2, every);
        let told = 0;
        while (tree.step(64, () => (told += 1)));
        expect(tree.directories).toBe(302);
        expect(tree.unread > 0).toBe(most === 0);
        // lost+found has no file.
        expect(told + tree.unread).toBe(300);
      }
    } finally {
      open.close();
    }
  });

  test('many directories in one: the room for them grows while it is read', () => {
    image = makeExt4Image([]);
    const root = image.mountpoint;
    for (let i = 0; i < 12_000; i += 1) mkdirSync(join(root, `${'n'.repeat(190)}${i}`));
    image.unmount();
    const open = Ext4Image.on(openTrusted(bytesFromText(image.image), O_RDONLY)) as Ext4Image;
    try {
      const reader = open.reader() as DirectoryReader;
      const tree = new Ext4Tree(reader, 2, every);
      while (tree.step(64, () => undefined));
      expect(tree).toMatchObject({ directories: 12_002, unread: 0 });
      expect(reader.next - reader.first).toBeGreaterThan(12_000 * 200);
    } finally {
      open.close();
    }
  });

  test.each([
    ['cannot be opened', 'openat', 13],
    ['has a bad sector', 'pread', 5],
  ] as const)('a device that %s: nothing is told', async (_, call, errno) => {
    image = makeExt4Image([]);
    fill(image.mountpoint, new Random(5));
    const inodes = [...found(image.mountpoint).keys()];
    let calls = 0;
    interpose(({ name }, proceed) => {
      if (name !== call) return proceed();
      calls += 1;
      return calls > (call === 'pread' ? 40 : 1) ? -errno : proceed();
    });
    const { inside } = await search(image.mountpoint, inodes);
    expect(paths({ inside, outside: [] }).length).toBeLessThan(150);
  });

  test('without WebAssembly nothing is told', async () => {
    image = makeExt4Image([]);
    fill(image.mountpoint, new Random(5));
    const inodes = [...found(image.mountpoint).keys()];
    const global = globalThis as { WebAssembly?: unknown };
    const engine = global.WebAssembly;
    expect(paths(await search(image.mountpoint, inodes))).not.toEqual([]);
    global.WebAssembly = undefined;
    try {
      expect(paths(await search(image.mountpoint, inodes))).toEqual([]);
    } finally {
      global.WebAssembly = engine;
    }
  });

  test('damaged blocks: it comes to an end, and tells nothing that is not there', async () => {
    image = makeExt4Image([]);
    const root = image.mountpoint;
    fill(root, new Random(9));
    const names = found(root);
    const directories = new Set([...names.values()].flatMap((each) => [...each]));
    image.unmount();
    const random = new Random(77);
    for (let round = 0; round < 40; round += 1) {
      const copy = `${image.image}.copy`;
      execFileSync('cp', ['--sparse=always', image.image, copy]);
      const fd = openSync(copy, 'r+');
      for (let i = 0; i < 400; i += 1)
        writeSync(fd, Buffer.from([random.between(0, 255)]), 0, 1, random.between(1024, 2 ** 21));
      closeSync(fd);
      const told = searchImageFile(copy, [...names.keys()]);
      expect(told.length).toBeLessThan(100_000);
      if (round === 0) expect(told.filter((path) => directories.has(path)).length).toBeGreaterThan(0);
      rmSync(copy);
    }
  });

  test('extents that begin beyond a directory: no more of it is read than twice its size', () => {
    image = makeExt4Image(['-b', '4096']);
    const root = image.mountpoint;
    mkdirSync(join(root, 'd'));
    writeFileSync(join(root, 'd/f'), '');
    const { ino } = statSync(join(root, 'd'));
    image.unmount();
    const at = blocksAt(image.image, ino);
    const fd = openSync(image.image, 'r+');
    const node = Buffer.alloc(5 * 12);
    readSync(fd, node, 0, node.length, at);
    const extent = node.subarray(12, 24);
    const beyond = Buffer.from(extent);
    beyond.writeUInt32LE(2 ** 31, 0);
    beyond.writeUInt16LE(32_768, 4);
    node.writeUInt16LE(4, 2);
    // Counted as they stand, the bytes of the first would be less than none.
    writeSync(fd, Buffer.concat([node.subarray(0, 12), beyond, extent, extent, extent]), 0, node.length, at);
    closeSync(fd);
    const open = Ext4Image.on(openTrusted(bytesFromText(image.image), O_RDONLY)) as Ext4Image;
    try {
      const reader = open.reader() as DirectoryReader;
      reader.seek(every);
      expect(reader.readDirectory(ino, 0)).toBe(2);
    } finally {
      open.close();
    }
  });
});

const every: Sought = { bits: Uint8Array.of(0xff), mask: 7, meet: ({ length }) => length };

/** Where in an image an inode tells of its blocks, in bytes. */
function blocksAt(path: string, inode: number): number {
  const out = execFileSync('debugfs', ['-R', `imap <${inode}>`, path], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [, block = '', offset = ''] = /located at block (\d+), offset 0x([0-9a-f]+)/.exec(`${out}`) ?? [];
  const blockSize = 4096;
  const iBlock = 40;
  return Number(block) * blockSize + Number.parseInt(offset, 16) + iBlock;
}

/** What is found in an image that is not mounted. */
function searchImageFile(path: string, inodes: readonly number[], bits?: number): string[] {
  const image = Ext4Image.on(openTrusted(bytesFromText(path), O_RDONLY));
  if (image === undefined) return [];
  try {
    const reader = image.reader() as DirectoryReader;
    const tree = new Ext4Tree(reader, 2, new SoughtInodes(reader, image.inodes, inodes, bits));
    const told: string[] = [];
    for (let left = true; left && tree.directories < 100_000; )
      left = tree.step(64, ({ path }) => told.push(path));
    return told;
  } finally {
    image.close();
  }
}
