import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Bytes, bytesFromText, bytesOf } from '../../src/sys/bytes.js';
import type { AufsUnion } from '../../src/union/union.js';
import { aufsUnion } from '../support/aufs-place.js';
import { type AufsName, aufsView } from '../support/aufs-view.js';
import { type LoopImage, openLoopImage } from '../support/loop-image.js';
import { describeKernel } from '../support/needs.js';
import { runGoal } from '../support/restore-union.js';
import { runMain } from '../support/run-main.js';
import { byPath, snapshot, type Tree, type TreeEntry } from '../support/tree.js';
import { differences, expectSameTree } from '../support/tree-diff.js';

const captures = fileURLToPath(new URL('../../fixtures/aufs', import.meta.url));

interface Capture {
  readonly name: string;
  /** What the union showed before anybody flushed it. */
  readonly shown: string;
  /** Names that no name on the branch proves; they stay as the next mount would show them. */
  readonly unproved: readonly string[];
  /** Entries that stay, each with a word of its evidence. */
  readonly kept: Readonly<Record<string, string>>;
  readonly directoriesMade: readonly string[];
  /** How the tree differs from what the classic flush left; undefined where that one lost data. */
  readonly unlikeClassic: readonly string[] | undefined;
}

const classicLosses = [
  'su1: mode: 0755 -> 6755',
  'sub/su2: mode: 0755 -> 6755',
  'cap1: xattrs: security.capability=(invalid) -> security.capability=0100000200200000000000000000000000000000',
  'sub/cap2: xattrs: security.capability=(invalid) -> security.capability=0100000200200000000000000000000000000000',
];

const table: readonly Capture[] = [
  { name: 'a', shown: 'merged-before', unproved: [], kept: {}, directoriesMade: ['d'], unlikeClassic: [] },
  {
    name: 'a2',
    shown: 'merged-before',
    unproved: [],
    kept: {},
    directoriesMade: ['d', 'd/e'],
    unlikeClassic: [],
  },
  {
    name: 'b',
    shown: 'merged-before',
    unproved: ['fileB', 'd/fileC', 'g3b', 'g3ren'],
    kept: {
      '11.15': 'perhaps /d/fileC, /fileB (lower inode 13: its content is the start of',
      '13.20': 'perhaps a file without a visible name (lower inode 15: its content is the start of',
      '14.21': 'perhaps /g3b (lower inode 16: its content is the start of',
    },
    directoriesMade: [],
    unlikeClassic: [
      '.: nlink: 6 -> 5',
      '.wh..wh.plnk/11.15: new (file)',
      '.wh..wh.plnk/13.20: new (file)',
      '.wh..wh.plnk/14.21: new (file)',
      'd/fileC: gone (was file)',
      'd: gone (was directory)',
      'fileB: gone (was file)',
      'g3b: gone (was file)',
      'g3ren: group: g3b -> .wh..wh.plnk/14.21',
    ],
  },
  {
    name: 'c',
    shown: 'merged-before',
    unproved: ['oph3', 'lonely', 'lonely3', 'newd2/lonely-link', 'zz1', 'zz3', 'sub/zz2'],
    kept: {
      '22.29': 'perhaps /oph3 (lower inode 29: its content is the start of',
      '28.37': 'perhaps /lonely (lower inode 32: size and time the same',
      '32.39': 'perhaps /sub/zz2, /zz1 (lower inode 35: size and time the same',
    },
    directoriesMade: ['other', 'other/deep', 'other/deep/er', 'sub'],
    unlikeClassic: [
      ...classicLosses,
      '.wh..wh.plnk/22.29: new (file)',
      '.wh..wh.plnk/28.37: new (file)',
      '.wh..wh.plnk/32.39: new (file)',
      'lonely3: group: lonely -> .wh..wh.plnk/28.37',
      'lonely: gone (was file)',
      'newd2/lonely-link: group: lonely -> .wh..wh.plnk/28.37',
      'oph3: gone (was file)',
      'sub/zz2: gone (was file)',
      'zz1: gone (was file)',
      'zz3: group: sub/zz2 -> .wh..wh.plnk/32.39',
      'zz3: nlink: 3 -> 2',
    ],
  },
  {
    name: 'f',
    shown: 'merged-before-crash',
    unproved: ['fileB', 'd/fileC', 'g6b', 'g6ren'],
    kept: {
      '11.15': 'perhaps /d/fileC, /fileB (lower inode 55: its content is the start of',
      '13.21': 'perhaps a file without a visible name (lower inode 57: its content is the start of',
      '14.22': 'perhaps /g6b (lower inode 58: its content is the start of',
    },
    directoriesMade: ['zz'],
    unlikeClassic: undefined,
  },
];

const images: LoopImage[] = [];
afterEach(() => {
  for (const image of images.splice(0)) image.dispose();
});

function open(name: string, image: string): string {
  const opened = openLoopImage(join(captures, name, `${image}.img.gz`));
  images.push(opened);
  return opened.mountpoint;
}

interface Place {
  readonly union: AufsUnion;
  readonly upper: string;
  readonly lower: string;
}

function openPlace(name: string): Place {
  const [upper, lower] = [open(name, 'upper-before'), open(name, 'lower')];
  return { upper, lower, union: aufsUnion(`${upper}=rw`, `${lower}=ro`) };
}

/** aufs' own directories have times of their own: a flush removes from the one and makes directories in the other. */
const ownDirectory = ({ path }: TreeEntry): boolean => path.startsWith('.wh..wh.');

describeKernel('captured aufs branches', ['root', 'loop', 'ext4'], () => {
  describe.each(table)('$name', (capture) => {
    const { name, kept, unlikeClassic } = capture;

    test('flush changes nothing but the missing names, and keeps what nothing proves', async () => {
      const { upper, lower, union } = openPlace(name);
      const [before, lowerBefore] = [snapshot(upper), snapshot(lower)];
      const { found, outcome } = await runGoal(union, 'flush');
      const done = snapshot(upper);

      expectSameTree(lowerBefore, snapshot(lower));
      const restored = outcome.entries.flatMap((entry) =>
        entry.restored.map((path) => [path, entry] as const),
      );
      const gone = outcome.entries.filter(({ removed }) => removed).map(({ entry }) => entry.name);
      const changes = differences(before, done, {
        ignore: ['group', 'ctime'],
        unless: (fact, was) =>
          fact === 'nlink' ||
          ((fact === 'mtime' || fact === 'atime') && ownDirectory(was) && was.kind === 'directory'),
      });
      const made = byPath(done);
      const newLines = [...restored.map(([path]) => path), ...capture.directoriesMade].map(
        (path) => `${escaped(path)}: new (${made.get(path as Bytes)?.kind})`,
      );
      const goneLines = gone.map((entry) => `.wh..wh.plnk/${entry}: gone (was ${kindOf(before, entry)})`);
      expect(changes.sort()).toEqual([...newLines, ...goneLines].sort());
      for (const [path, { entry }] of restored) {
        expect(made.get(path)?.inode).toBe(`${entry.inode.dev}:${entry.inode.ino}`);
      }

      const model = byPath(lowerBefore);
      for (const path of capture.directoriesMade as Bytes[]) {
        expect(made.get(path)).toMatchObject(likeModel(model.get(path)));
      }
      expect(Object.keys(kept).sort()).toEqual(
        outcome.entries.filter(({ attention }) => attention).map(({ entry }) => entry.name),
      );
      for (const entry of found.entries) {
        if (!Object.hasOwn(kept, entry.name)) continue;
        expect(entry.state).toBe('ambiguous');
        expect(entry.evidence.join('\n')).toContain(kept[entry.name]);
      }
    });

    test('a fresh mount shows what the union showed before', async () => {
      const { union } = openPlace(name);
      await runGoal(union, 'flush');
      expect(shownBy(aufsView(union), capture)).toEqual(captured(capture));
    });

    test('a second run changes nothing', async () => {
      const { upper, lower, union } = openPlace(name);
      await runGoal(union, 'flush');
      const done = [snapshot(upper), snapshot(lower)] as const;
      const { outcome } = await runGoal(union, 'flush');
      expect([outcome.linksRestored, outcome.entriesRemoved]).toEqual([0, 0]);
      expectSameTree(done[0], snapshot(upper));
      expectSameTree(done[1], snapshot(lower));
    });

    test('list, check and a dry run leave the branches alone; flush tells by its exit code what is left', async () => {
      const { upper, lower } = openPlace(name);
      const options = ['-o', `br:${upper}=rw:${lower}=ro`];
      const before = [snapshot(upper), snapshot(lower)] as const;
      for (const line of [['list'], ['check'], ['flush', '--dry-run']]) {
        await runMain(...line, ...options);
        expectSameTree(before[0], snapshot(upper));
        expectSameTree(before[1], snapshot(lower));
      }
      expect((await runMain('flush', ...options)).code).toBe(Object.keys(kept).length > 0 ? 4 : 0);
    });

    if (unlikeClassic !== undefined) {
      test('flush leaves what the classic flush left, where that one was right', async () => {
        const { upper, union } = openPlace(name);
        await runGoal(union, 'flush');
        const lines = differences(snapshot(open(name, 'upper-after')), snapshot(upper), {
          ignore: ['inode', 'atime', 'ctime', 'blocks'],
          // Directories keep their times where the classic tool let them change.
          unless: (fact, was) => fact === 'mtime' && was.kind === 'directory',
        });
        expect(lines.sort()).toEqual([...unlikeClassic].sort());
      });
    }
  });
});

const kindOf = (tree: Tree, entry: string): string | undefined =>
  byPath(tree).get(`.wh..wh.plnk/${entry}` as Bytes)?.kind;

const escaped = (path: string): string =>
  path.replace(/[^\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

function likeModel(model: TreeEntry | undefined): Partial<TreeEntry> {
  if (model === undefined) throw new Error('the lower has no such directory');
  const { kind, mode, owner, xattrs, mtime, atime } = model;
  return { kind, mode, owner, xattrs, mtime, atime };
}

interface Shown {
  readonly kind: string;
  readonly mode: string;
  readonly owner: string;
  readonly size: string | undefined;
  readonly content: string | undefined;
  /** The smallest name of the same file. */
  readonly group: string;
}

function shownBy(view: ReadonlyMap<Bytes, AufsName>, { unproved }: Capture): Record<string, Shown> {
  const first = new Map<string, string>();
  const rows: Record<string, Shown> = {};
  for (const path of [...view.keys()].sort()) {
    const entry = view.get(path) as AufsName;
    if (unproved.includes(path)) continue;
    if (!first.has(entry.file)) first.set(entry.file, path);
    const data = entry.kind === 'file' || entry.kind === 'symlink';
    rows[path] = {
      kind: entry.kind,
      mode: entry.mode,
      owner: entry.owner,
      size: entry.kind === 'file' ? entry.size : undefined,
      content: data ? entry.content : undefined,
      group: entry.kind === 'directory' ? path : (first.get(entry.file) as string),
    };
  }
  return rows;
}

interface Row {
  readonly path: string | { readonly b64: string };
  readonly type: string;
  readonly ino: number;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly size?: number;
  readonly sha256?: string;
  readonly target?: string;
}

const kinds: Readonly<Record<string, string>> = {
  dir: 'directory',
  chr: 'char',
  blk: 'block',
  sock: 'socket',
};

function captured({ name, shown, unproved }: Capture): Record<string, Shown> {
  const all = JSON.parse(readFileSync(join(captures, name, `${shown}.json`), 'utf8')) as Row[];
  const rows = all
    .map((row) => ({ ...row, path: pathOf(row) }))
    .filter(({ path }) => path !== '.' && !unproved.includes(path))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const first = new Map<number, string>();
  const result: Record<string, Shown> = {};
  for (const { path, type, ino, mode, uid, gid, size, sha256, target } of rows) {
    if (!first.has(ino)) first.set(ino, path);
    const kind = kinds[type] ?? type;
    result[path] = {
      kind,
      mode: (Number(mode) & 0o7777).toString(8).padStart(4, '0'),
      owner: `${uid}:${gid}`,
      size: kind === 'file' ? String(size) : undefined,
      content: kind === 'file' ? sha256?.slice(0, 16) : kind === 'symlink' ? target : undefined,
      group: kind === 'directory' ? path : (first.get(ino) as string),
    };
  }
  return result;
}

const pathOf = ({ path }: Row): Bytes =>
  typeof path === 'string' ? bytesFromText(path) : bytesOf(Buffer.from(path.b64, 'base64'));
