import { linkSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { HYDRATE_XATTR, RUNNING_XATTR, TIMES_XATTR } from '../../src/scan/own-marks.js';
import type { Bytes } from '../../src/sys/bytes.js';
import { indexNames } from '../support/overlay-verifier.js';
import { Place } from '../support/place.js';
import type { Goal } from '../support/restore-union.js';
import { runMain } from '../support/run-main.js';
import { snapshot } from '../support/tree.js';
import { expectSameTree } from '../support/tree-diff.js';
import { describeCrash, FULL } from './bench.js';
import { buildOutside } from './hostile.js';
import { tally } from './tally.js';
import type { UnionImage } from './union-image.js';

const EVERY = FULL ? 1 : 7;
const goals: readonly Goal[] = ['restore', 'flush'];

const overlay = (name: string): string => `trusted.overlay.${name}`;

/** The largest value that any file system stores. */
const HUGE = Buffer.alloc(65_536, 'x');

const handles: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from([0]),
  Buffer.from('00fb', 'hex'),
  Buffer.alloc(20, 0xfb),
  Buffer.from(`00fb1500${'00'.repeat(17)}`, 'hex'),
  Buffer.from(`00fbff00${'ff'.repeat(251)}`, 'hex'),
  HUGE,
];

const redirects = [
  '/../../outside',
  '/..',
  '..',
  '../outside',
  '/',
  '//',
  '/d/../../outside',
  '/q',
  'q',
  'deep/../..',
  '/q/deep/q/deep',
  '\0/outside',
  `/${'x/'.repeat(2000)}y`,
  HUGE.toString('latin1'),
];

const counts = [
  'U+99999999999999',
  'L-2147483649',
  'U',
  '',
  'U+1e9',
  'u+1',
  '\xff\xff',
  'U+0x10',
  'L+4294967296',
];

const times = ['99999999999999999999 1', '-99999999999999999999 0', 'now now', '1', '', '1 2 3'];

/** What an attribute of a name says, and what carries it. */
interface Lie {
  readonly path: string;
  readonly attribute: string;
  readonly value: Buffer;
}

const entry = 'work/index/ENTRY';
const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const lies: readonly Lie[] = [
  ...[entry, 'upper/fresh', 'upper/q'].flatMap((path) =>
    handles.map((value) => ({ path, attribute: overlay('origin'), value })),
  ),
  ...['upper', 'work/index'].flatMap((path) =>
    handles.flatMap((value) =>
      ['origin', 'upper'].map((name) => ({ path, attribute: overlay(name), value })),
    ),
  ),
  ...['upper/q', 'lower/q', 'upper/A'].flatMap((path) =>
    redirects.map((value) => ({ path, attribute: overlay('redirect'), value: text(value) })),
  ),
  ...[entry, 'upper/fresh'].flatMap((path) =>
    counts.map((value) => ({ path, attribute: overlay('nlink'), value: text(value) })),
  ),
  ...['upper', 'upper/q'].flatMap((path) =>
    times.map((value) => ({ path, attribute: TIMES_XATTR, value: text(value) })),
  ),
  ...['', '{', 'null', '{"atime":1}', '{"atime":"x","mtime":"y","capability":7}'].map((value) => ({
    path: 'upper/meta',
    attribute: HYDRATE_XATTR,
    value: text(value),
  })),
  ...[Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(36, 1), HUGE].map((value) => ({
    path: entry,
    attribute: overlay('metacopy'),
    value,
  })),
  ...[text('yy'), text('x'), HUGE].flatMap((value) =>
    ['opaque', 'impure', 'whiteout'].map((name) => ({ path: 'upper/q', attribute: overlay(name), value })),
  ),
];

// xfs alone stores a value of 64 KiB.
describeCrash('lies in attributes', 'xfs', [], (union) => {
  test.each(goals)(
    '%s believes none',
    async (goal) => {
      const wrong: string[] = [];
      let trials = 0;
      for (const [i, lie] of lies.entries()) {
        // What an interrupted run left is looked at more closely.
        for (const interrupted of [false, true]) {
          if ((2 * i + Number(interrupted)) % EVERY !== 0) continue;
          trials += 1;
          const lines = await union().on(() => tell(union(), goal, lie, interrupted));
          if (lines.length === 0) continue;
          const { path, attribute, value } = lie;
          wrong.push(
            `${path} ${attribute}=${value.toString('latin1').slice(0, 40)}, ${interrupted}:`,
            ...lines,
          );
        }
      }
      tally('lies', goal, { lies: lies.length, trials });
      expect(wrong).toEqual([]);
    },
    FULL ? 1_800_000 : 180_000,
  );
});

async function tell(union: UnionImage, goal: Goal, lie: Lie, interrupted: boolean): Promise<string[]> {
  const place = new Place(union.mountpoint);
  const outside = buildOutside(union.mountpoint);
  const before = snapshot(outside);
  const [first = ''] = indexNames(union.place);
  place.setXattr(lie.path.replace('ENTRY', first) as Bytes, lie.attribute, lie.value);
  if (interrupted) place.setXattr('upper' as Bytes, RUNNING_XATTR, Buffer.from('1'));
  const data = contents(union);
  const lines: string[] = [];
  for (const command of ['check', goal]) {
    const { code, out, err } = await runMain(command, ...union.words);
    if (![0, 4, 8].includes(code)) lines.push(`${command}: exit ${code}`);
    if (/fault of plinkctl|internal|\n\s+at /.test(err + out)) lines.push(`${command}: ${err}`);
    if (code !== 0 && out + err === '') lines.push(`${command}: exit ${code} without a word`);
  }
  expectSameTree(before, snapshot(outside));
  const now = contents(union);
  for (const content of data) if (!now.has(content)) lines.push(`lost: ${content}`);
  return lines;
}

function contents({ mountpoint }: UnionImage): Set<string> {
  const trees = ['upper', 'work/index'].flatMap((part) => snapshot(join(mountpoint, part)));
  return new Set(
    trees
      .filter(({ kind, xattrs }) => kind === 'file' && !xattrs.includes('metacopy'))
      .map(({ content }) => content),
  );
}

const ODD = '\x1b]0;title\x07\x1b[2J\x9b31m\r\n\u202e%n';

describeCrash('hostile names', 'ext4', [], (union) => {
  test('are restored, and told without a control byte', async () => {
    await union().on(async () => {
      const lower = new Place(join(union().mountpoint, 'lower'));
      const odd = Buffer.from(ODD, 'utf8').toString('latin1');
      mkdirSync(lower.at(`dir${odd}` as Bytes));
      const names = [`${odd}1`, `dir${odd}/${odd}2`, `dir${odd}/\xff\xfe`] as Bytes[];
      for (const name of names) linkSync(lower.at('A' as Bytes), lower.at(name));
      for (const options of [['--dry-run'], ['--verbose'], ['--json']]) {
        const { code, out, err } = await runMain('restore', ...options, ...union().words);
        expect(code).toBe(0);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
        expect(out + err).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
        if (options[0] === '--json') JSON.parse(out);
      }
      const upper = new Place(union().place.upper);
      const { ino } = statSync(upper.at('A' as Bytes));
      for (const name of names) expect(statSync(upper.at(name)).ino).toBe(ino);
    });
  });

  test('a file of the upper that is also a file outside stays as it is', async () => {
    await union().on(async () => {
      const outside = buildOutside(union().mountpoint);
      linkSync(join(outside, 'secret'), join(union().place.upper, 'own'));
      linkSync(join(union().place.upper, 'A'), join(outside, 'stolen'));
      const before = snapshot(outside);
      const { code, out } = await runMain('flush', ...union().words);
      expect(code).toBe(4);
      expect(out).toMatch(/links outside the upper/);
      // The entry of `stolen` stays, so its inode loses nothing and gains two names.
      expectSameTree(before, snapshot(outside), { ignore: ['nlink', 'ctime', 'xattrs'] });
      writeFileSync(join(outside, 'secret'), 'still apart\n');
    });
  });
});
